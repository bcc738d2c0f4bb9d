import { describe, expect, it } from 'vitest';
import { originalKeys } from '../test/original-keys.js';
import { qformerCompanion, readQFormerCompanion, renameFromHuggingFace, unusedQFormerWeights } from './weights.js';

const used = [...Object.keys(originalKeys()), 'ln_vision.weight', 'ln_vision.bias'];

/** What Hugging Face's BLIP-2 calls a tensor of the original. */
function huggingFaceName(original: string): string {
  const [first, second, third, ...rest] = original.split('.');
  if (first === 'query_tokens') return original;
  if (first === 'ln_vision') return `vision_model.post_layernorm.${second}`;
  if (third === 'embeddings') return `qformer.layernorm.${rest[1]}`;
  const [, index, part, ...tail] = rest;
  const inner = tail[0] === 'self' ? ['attention', ...tail.slice(1)] : tail;
  return ['qformer.encoder.layer', index, part, ...inner].join('.');
}

describe('renameFromHuggingFace', () => {
  it.each([
    ['query_tokens', 'query_tokens'],
    ['vision_model.post_layernorm.bias', 'ln_vision.bias'],
    ['qformer.layernorm.weight', 'Qformer.bert.embeddings.LayerNorm.weight'],
    [
      'qformer.encoder.layer.0.attention.attention.query.weight',
      'Qformer.bert.encoder.layer.0.attention.self.query.weight',
    ],
    [
      'qformer.encoder.layer.10.crossattention.attention.key.bias',
      'Qformer.bert.encoder.layer.10.crossattention.self.key.bias',
    ],
    [
      'qformer.encoder.layer.2.crossattention.output.LayerNorm.bias',
      'Qformer.bert.encoder.layer.2.crossattention.output.LayerNorm.bias',
    ],
    ['qformer.encoder.layer.11.output_query.dense.weight', 'Qformer.bert.encoder.layer.11.output_query.dense.weight'],
  ])('calls %s %s', (name, original) => {
    expect(renameFromHuggingFace(name)).toBe(original);
  });

  it("finds every one of the original's 257 names, each from its own", () => {
    const names = used.map(huggingFaceName);
    expect(used).toHaveLength(257);
    expect(new Set(names).size).toBe(257);
    expect(names.map(renameFromHuggingFace)).toEqual(used);
  });

  it.each([
    'vision_model.embeddings.class_embedding',
    'vision_model.encoder.layers.0.self_attn.qkv.weight',
    'language_model.model.embed_tokens.weight',
    'language_projection.weight',
    'my_qformer.layernorm.weight',
  ])('leaves out %s', name => {
    expect(renameFromHuggingFace(name)).toBeUndefined();
  });

  it('leaves the text branch to the list of what is unused', () => {
    const name = renameFromHuggingFace('qformer.encoder.layer.3.intermediate.dense.weight')!;
    expect(unusedQFormerWeights.some(pattern => pattern.test(name))).toBe(true);
  });
});

describe('unusedQFormerWeights', () => {
  const matches = (name: string) => unusedQFormerWeights.some(pattern => pattern.test(name));

  it.each([
    't5_proj.weight',
    'Qformer.cls.predictions.bias',
    'Qformer.bert.embeddings.position_ids',
    'Qformer.bert.embeddings.word_embeddings.weight',
    'Qformer.bert.embeddings.position_embeddings.weight',
    'Qformer.bert.encoder.layer.0.intermediate.dense.weight',
    'Qformer.bert.encoder.layer.11.output.LayerNorm.bias',
  ])('knows %s', name => {
    expect(matches(name)).toBe(true);
  });

  it('matches nothing that is used, nor what nobody knows', () => {
    expect([...used, 'Qformer.bert.pooler.dense.weight', 'opt_proj.weight'].filter(matches)).toEqual([]);
  });
});

describe('readQFormerCompanion', () => {
  const companion = (tensors: Record<string, number[]>) =>
    readQFormerCompanion({
      names: () => ['query_tokens', ...Object.keys(tensors)],
      info: name => (Object.hasOwn(tensors, name) ? { shape: tensors[name]! } : undefined),
    });

  it.each<[string, Record<string, number[]>]>([
    [qformerCompanion, { 't5_proj.weight': [4096, 768] }],
    ['FLAN-T5 XL', { 't5_proj.weight': [2048, 768] }],
    ['OPT 2.7B', { 'opt_proj.weight': [2560, 768] }],
    ['OPT 6.7B', { 'opt_proj.weight': [4096, 768] }],
    [qformerCompanion, { 'language_projection.weight': [4096, 768], 'language_model.encoder.block.0.layer.0.w': [1] }],
    ['OPT 6.7B', { 'language_projection.weight': [4096, 768], 'language_model.model.decoder.layers.0.w': [1] }],
    ['OPT 2.7B', { 'language_projection.weight': [2560, 768] }],
    ['OPT', { 'language_model.model.decoder.layers.0.w': [1] }],
    ['a language model of width 99', { 't5_proj.weight': [99, 768] }],
    ['no language model (first stage or retrieval)', { 'itm_head.weight': [2, 768], 't5_proj.weight': [4096, 768] }],
    ['a text encoder of its own (InstructBLIP or the first stage)', { 'llm_proj.weight': [4096, 768] }],
  ])('says %s', (expected, tensors) => {
    expect(companion(tensors)).toBe(expected);
  });

  it('says nothing where nothing tells', () => {
    expect(companion({})).toBeUndefined();
    expect(companion({ 't5_projection.weight': [2048, 768] })).toBeUndefined();
  });
});
