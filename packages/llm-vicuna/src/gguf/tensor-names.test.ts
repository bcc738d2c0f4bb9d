import { Params } from '@minigpt4/nn';
import { graph, input } from '@minigpt4/onnx-graph';
import { describe, expect, it } from 'vitest';
import { vicuna7b } from '../config.js';
import { llama } from '../llama.js';
import { nameFromGguf, rowOrderOfGguf } from './tensor-names.js';

const layerParts = [
  'attn_norm',
  'attn_q',
  'attn_k',
  'attn_v',
  'attn_output',
  'ffn_norm',
  'ffn_gate',
  'ffn_up',
  'ffn_down',
];

describe('nameFromGguf', () => {
  it('gives the names that the graph asks for, each once', () => {
    const config = { ...vicuna7b, width: 8, intermediateWidth: 8, layers: 2, heads: 2, kvHeads: 2, headSize: 4 };
    const model = llama(Params.root(), { ...config, vocabularySize: 8, maxPositions: 4 });
    const embeddings = model.embedTokens(input('ids', 'int64', [1, 2]));
    const inputs = { positionIds: input('p', 'int64', [1, 2]), attentionBias: input('b', 'float32', [1, 1, 2, 2]) };
    const logits = model.head(model.decode(embeddings, inputs).hidden);
    const files = [
      'token_embd',
      ...[0, 1].flatMap(i => layerParts.map(part => `blk.${i}.${part}`)),
      'output_norm',
      'output',
    ];
    const names = files.map(name => nameFromGguf(`${name}.weight`));
    expect(names.toSorted()).toEqual([...graph({ logits }).parameters.keys()].toSorted());
  });

  it('leaves alone what it does not know', () => {
    for (const name of [
      'rope_freqs.weight',
      'blk.0.attn_q.bias',
      'blk.0.toString.weight',
      'toString',
      'xblk.0.attn_q.weight',
    ]) {
      expect(nameFromGguf(name)).toBe(name);
    }
  });
});

describe('rowOrderOfGguf', () => {
  const sizes = { ...vicuna7b, heads: 2, kvHeads: 1, headSize: 6 };

  it('undoes what llama.cpp does to queries and keys', () => {
    // its permute: each head's two halves, element by element
    const permuted = Array.from({ length: 12 }, (_, row) => {
      const [head, within] = [Math.floor(row / 6), row % 6];
      return head * 6 + (within % 2) * 3 + Math.floor(within / 2);
    });
    const order = rowOrderOfGguf('model.layers.3.self_attn.q_proj.weight', sizes)!;
    expect(order.map(row => permuted[row])).toEqual(Array.from({ length: 12 }, (_, row) => row));
    expect(rowOrderOfGguf('model.layers.0.self_attn.k_proj.weight', sizes)).toEqual([0, 2, 4, 1, 3, 5]);
  });

  it('has nothing to undo elsewhere', () => {
    for (const name of [
      'model.layers.3.self_attn.v_proj.weight',
      'model.layers.3.self_attn.o_proj.weight',
      'model.norm.weight',
    ]) {
      expect(rowOrderOfGguf(name, sizes)).toBeUndefined();
    }
  });
});
