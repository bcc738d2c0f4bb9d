import { asFloat32 } from '@minigpt4/core';
import { Params } from '@minigpt4/nn';
import { graph, input } from '@minigpt4/onnx-graph';
import { createSession } from '@minigpt4/onnx-session';
import { expectClose, largestDifference, randomTensors } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { causalBias, positionIds } from '../test/run-decoder.js';
import { decoderLayer } from './decoder-layer.js';
import type { LlamaConfig } from './config.js';

const config: LlamaConfig = {
  width: 6,
  intermediateWidth: 10,
  layers: 1,
  heads: 3,
  kvHeads: 3,
  headSize: 2,
  vocabularySize: 5,
  rmsNormEpsilon: 1e-2,
  ropeTheta: 10000,
  maxPositions: 16,
  tiedHead: false,
};

const x = input('x', 'float32', ['batch', 'tokens', config.width]);
const context = {
  positionIds: input('position_ids', 'int64', ['batch', 'tokens']),
  attentionBias: input('attention_bias', 'float32', ['batch', 1, 'tokens', 'tokens']),
};

describe('decoderLayer', () => {
  const params = Params.root();
  const { hidden, present } = decoderLayer(params.at('model.layers.0'), config)(x, context);
  const weights = randomTensors(params.manifest(), 3);

  it('keeps the shape and gives keys and values in the layout of the cache', () => {
    expect(hidden.shape).toEqual(['batch', 'tokens', 6]);
    expect([present.key.shape, present.value.shape]).toEqual(
      Array.from({ length: 2 }, () => ['tokens', 'batch', 3, 2]),
    );
  });

  it('is what the original computes, written out', async () => {
    const tokens = 3;
    const feeds = randomTensors([{ name: 'x', shape: [1, tokens, config.width] }], 4);
    await using session = await createSession(graph({ hidden }));
    const inputs = { position_ids: positionIds(1, tokens), attention_bias: causalBias([1, tokens]) };
    const results = await session.run({ ...weights, ...feeds, ...inputs });

    const of = (name: string) => weights[`model.layers.0.${name}.weight`]!;
    const times = (name: string, row: readonly number[]) => {
      const { shape, data } = of(name);
      return Array.from({ length: shape[0]! }, (_, o) =>
        row.reduce((sum, v, i) => sum + v * data[o * row.length + i]!, 0),
      );
    };
    const normalised = (name: string, row: readonly number[]) => {
      const meanSquare = row.reduce((sum, v) => sum + v * v, 0) / row.length;
      return row.map((v, i) => (v / Math.sqrt(meanSquare + config.rmsNormEpsilon)) * of(name).data[i]!);
    };
    // heads of two elements turn by the position itself
    const turned = (row: readonly number[], position: number) =>
      row.map((v, i) => v * Math.cos(position) + Math.sin(position) * (i % 2 === 0 ? -row[i + 1]! : row[i - 1]!));

    const rows = Array.from({ length: tokens }, (_, i) => [...feeds.x!.data.subarray(6 * i, 6 * i + 6)]);
    const fed = rows.map(row => normalised('input_layernorm', row));
    const queries = fed.map((row, i) => turned(times('self_attn.q_proj', row), i));
    const keys = fed.map((row, i) => turned(times('self_attn.k_proj', row), i));
    const values = fed.map(row => times('self_attn.v_proj', row));
    const expected = rows.flatMap((row, i) => {
      const mixed = row.map((_, e) => {
        const head = [e - (e % 2), e - (e % 2) + 1];
        const scores = keys.slice(0, i + 1).map(key => head.reduce((sum, h) => sum + queries[i]![h]! * key[h]!, 0));
        const shares = scores.map(score => Math.exp(score / Math.sqrt(config.headSize)));
        const total = shares.reduce((sum, share) => sum + share, 0);
        return shares.reduce((sum, share, other) => sum + (share / total) * values[other]![e]!, 0);
      });
      const middle = times('self_attn.o_proj', mixed).map((v, e) => v + row[e]!);
      const inner = normalised('post_attention_layernorm', middle);
      const up = times('mlp.up_proj', inner);
      const gated = times('mlp.gate_proj', inner).map((v, e) => (v / (1 + Math.exp(-v))) * up[e]!);
      return times('mlp.down_proj', gated).map((v, e) => v + middle[e]!);
    });
    expectClose(asFloat32(results.hidden!), expected, { absolute: 1e-6, relative: 1e-5 });
  });

  it('attends by distance, not by place: moving all positions changes nothing', async () => {
    const feeds = randomTensors([{ name: 'x', shape: [1, 4, config.width] }], 4);
    await using session = await createSession(graph({ hidden }));
    const at = async (start: number, bias = causalBias([1, 4])) =>
      asFloat32(
        (await session.run({ ...weights, ...feeds, position_ids: positionIds(1, 4, start), attention_bias: bias }))
          .hidden!,
      );
    expectClose(await at(11), await at(0), { absolute: 1e-5, relative: 0 });

    const stretched = { ...positionIds(1, 4), data: BigInt64Array.of(0n, 3n, 6n, 9n) };
    const result = await session.run({
      ...weights,
      ...feeds,
      position_ids: stretched,
      attention_bias: causalBias([1, 4]),
    });
    expect(largestDifference(asFloat32(result.hidden!), await at(0)).maxAbsolute).toBeGreaterThan(1e-3);
  });
});
