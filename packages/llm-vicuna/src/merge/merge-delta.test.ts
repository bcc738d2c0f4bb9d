import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { asFloat32, float32ToFloat16, hostTensor, type HostTensor } from '@minigpt4/core';
import { sharedPath } from '@minigpt4/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { toyRows, toyWeights, writeFolder } from '../../test/merge-folders.js';
import { loadTokenizer } from '../tokenizer/load-tokenizer.js';
import { mergeDelta, type MergeOptions, type MergeProgress } from './merge-delta.js';

const folder = await mkdtemp(join(tmpdir(), 'merge-delta-'));
afterAll(() => rm(folder, { recursive: true }));

const baseWeights = toyWeights(toyRows, 0.05, 1);
const deltaWeights = toyWeights(toyRows + 1, 0.002, 2);
const base = await writeFolder(join(folder, 'llama-7b'), baseWeights, { config: { bos_token_id: 1, eos_token_id: 2 } });
const delta = await writeFolder(join(folder, 'vicuna-7b-delta-v0'), deltaWeights);

let outputs = 0;
const fresh = () => join(folder, `output-${outputs++}`);

/** Merges with changes, which say what is wrong. */
function merge(changes: Partial<MergeOptions>) {
  return mergeDelta({ base, delta, output: fresh(), ...changes });
}

/** A directory made for one failure. */
const folderOf = (tensors: Record<string, HostTensor>, options: Parameters<typeof writeFolder>[2] = {}) =>
  writeFolder(fresh(), tensors, options);

function expectedSum(name: string): Uint16Array {
  const [from, to] = [baseWeights[name]!, deltaWeights[name]!].map(asFloat32) as [Float32Array, Float32Array];
  return float32ToFloat16(to.map((value, i) => value + (from[i] ?? 0)));
}

describe('mergeDelta', () => {
  it('adds every tensor, takes the padding row from the delta, and gives a model with its tokenizer', async () => {
    const steps: MergeProgress[] = [];
    const report = await merge({ shardBytes: 4000, onProgress: step => steps.push(step) });
    await using merged = await openCheckpoint(report.output);
    const names = Object.keys(deltaWeights).filter(name => !name.endsWith('inv_freq'));
    expect(merged.names().toSorted()).toEqual(names.toSorted());
    for (const name of names) {
      const tensor = await merged.read(name);
      expect([name, tensor.dtype, tensor.shape]).toEqual([name, 'float16', deltaWeights[name]!.shape]);
      expect(tensor.data).toEqual(expectedSum(name));
    }
    expect(report.shards.length).toBeGreaterThan(3);
    expect(report.shards[0]).toBe(`model-00001-of-0000${report.shards.length}.safetensors`);
    expect(report).toMatchObject({ resumedShards: 0, tensors: names.length, bytes: 2 * report.parameters });
    expect((await readdir(report.output)).toSorted()).toEqual(
      ['config.json', 'model.safetensors.index.json', 'tokenizer.json', ...report.shards].toSorted(),
    );
    const config = JSON.parse(await readFile(join(report.output, 'config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ vocab_size: toyRows + 1, bos_token_id: 1, eos_token_id: 2, torch_dtype: 'float16' });
    expect(report.notes).toEqual([expect.stringContaining('ids of ###'), expect.stringContaining('named 0 and 1')]);
    expect((await loadTokenizer(report.output)).vocabularySize).toBe(toyRows);
    expect(steps.at(-1)).toMatchObject({ bytes: report.bytes, totalBytes: report.bytes });
    expect(steps.map(({ bytes }) => bytes)).toEqual(steps.map(({ bytes }) => bytes).toSorted((a, b) => a - b));
  });

  it('rounds weights of another type to float16 first, as the original loads them', async () => {
    const wide = Object.fromEntries(
      Object.entries(baseWeights).map(([name, tensor]) => {
        const values = asFloat32(tensor).map(value => value + 3e-6);
        return [name, hostTensor('float32', tensor.shape, values)];
      }),
    );
    const { output } = await merge({ base: await folderOf(wide, { metadata: {} }) });
    await using merged = await openCheckpoint(output);
    const name = 'model.layers.1.mlp.down_proj.weight';
    const rounded = asFloat32(hostTensor('float16', [16, 24], float32ToFloat16(asFloat32(wide[name]!))));
    const sum = float32ToFloat16(rounded.map((value, i) => value + asFloat32(deltaWeights[name]!)[i]!));
    expect((await merged.read(name)).data).toEqual(sum);
  });

  it('goes on after an interrupt with the file it was at, and gives the same bytes', async () => {
    const output = fresh();
    const interrupt = new AbortController();
    const onProgress = ({ step }: MergeProgress) => {
      if (step === 'model.layers.1.mlp.up_proj.weight') interrupt.abort();
    };
    const options = { output, shardBytes: 4000 };
    await expect(merge({ ...options, signal: interrupt.signal, onProgress })).rejects.toMatchObject({
      code: 'MERGE_INTERRUPTED',
    });
    const left = await readdir(output);
    expect(left).not.toContain('model.safetensors.index.json');
    expect(left.some(name => name.endsWith('.tmp'))).toBe(false);
    const first = join(output, left.find(name => name.startsWith('model-00001'))!);
    await utimes(first, 1, 1);
    await writeFile(join(output, left.find(name => name.startsWith('model-00002'))!), 'cut off');
    await writeFile(join(output, 'model-00003-of-00009.safetensors.1234.tmp'), 'left by a crash');
    const report = await merge(options);
    expect(report.resumedShards).toBeGreaterThan(0);
    expect((await stat(first)).mtimeMs).toBe(1000);
    const straight = await merge({ shardBytes: 4000 });
    for (const file of [...report.shards, 'config.json', 'model.safetensors.index.json']) {
      expect(await readFile(join(output, file))).toEqual(await readFile(join(straight.output, file)));
    }
    expect((await readdir(output)).toSorted()).toEqual((await readdir(straight.output)).toSorted());
  });

  it('stops at once when it was interrupted before', async () => {
    await expect(merge({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'MERGE_INTERRUPTED' });
  });

  it('writes into nothing that is not its own', async () => {
    const { output } = await merge({});
    const outputError = (message: string) => ({ code: 'MERGE_OUTPUT', message: expect.stringContaining(message) });
    await expect(merge({ output })).rejects.toMatchObject(outputError('got a whole model'));
    await expect(merge({ output: base })).rejects.toMatchObject(outputError('not empty'));
    await expect(merge({ output: join(base, 'config.json') })).rejects.toMatchObject(outputError('cannot be made'));
    const other = fresh();
    await mkdir(other);
    await writeFile(join(other, 'merge-unfinished.json'), '{"fingerprint":"of another"}');
    await expect(merge({ output: other })).rejects.toMatchObject(outputError('of other files'));
  });
});

describe('mergeDelta refuses', () => {
  const changed = (name: string, tensor: HostTensor | undefined, of: Record<string, HostTensor>) => {
    const { [name]: _, ...rest } = of;
    return tensor === undefined ? rest : { ...rest, [name]: tensor };
  };
  const withPaddingRow = (of: Record<string, HostTensor>) => {
    const tables = ['model.embed_tokens.weight', 'lm_head.weight'].map(name => {
      const rows = new Uint16Array((toyRows + 1) * 16);
      rows.set(of[name]!.data as Uint16Array);
      return [name, hostTensor('float16', [toyRows + 1, 16], rows)] as const;
    });
    return { ...of, ...Object.fromEntries(tables) };
  };
  const small = (rows: number) => toyWeights(rows, 0.002, 2);

  it.each<[string, () => Promise<Partial<MergeOptions>>, string, string]>([
    [
      'Llama-2',
      async () => ({
        base: await folderOf(baseWeights, { config: { max_position_embeddings: 4096, rms_norm_eps: 1e-5 } }),
      }),
      'MERGE_BASE',
      'as Llama-2 has',
    ],
    [
      'a base of another size',
      async () => ({ base: await folderOf(baseWeights, { config: { num_hidden_layers: 3 } }) }),
      'MERGE_BASE',
      'expected layers 2, got 3',
    ],
    ['one directory twice', async () => ({ base: delta }), 'MERGE_BASE', 'one directory'],
    ['the two exchanged', async () => ({ base: delta, delta: base }), 'MERGE_BASE', 'wrong way round'],
    ['a base that is merged', async () => ({ base: (await merge({})).output }), 'MERGE_BASE', 'already merged'],
    [
      'a base that says it is Vicuna',
      async () => ({ base: await folderOf(baseWeights, { config: { _name_or_path: 'me/vicuna-7b' } }) }),
      'MERGE_BASE',
      'me/vicuna-7b',
    ],
    ['a later delta', async () => ({ delta: await folderOf(small(toyRows)) }), 'MERGE_DELTA', 'from v1.1 on'],
    [
      'a delta of another vocabulary',
      async () => ({ delta: await folderOf(small(toyRows + 5)) }),
      'MERGE_DELTA',
      `expected ${toyRows + 1} rows`,
    ],
    [
      'the merged model as delta',
      async () => ({ delta: await folderOf(withPaddingRow(baseWeights)) }),
      'MERGE_DELTA',
      'whole weights (cosine 1.00',
    ],
    [
      'weights of nowhere as delta',
      async () => ({ delta: await folderOf(toyWeights(toyRows + 1, 0.05, 9)) }),
      'MERGE_DELTA',
      'times the base',
    ],
    [
      'a delta of zeros',
      async () => ({ delta: await folderOf(toyWeights(toyRows + 1, 0, 9)) }),
      'MERGE_DELTA',
      'got zeros',
    ],
    [
      'a tensor that the delta lacks',
      async () => ({ delta: await folderOf(changed('model.norm.weight', undefined, deltaWeights)) }),
      'MERGE_DELTA',
      'model.norm.weight',
    ],
    [
      'a tensor that the base lacks',
      async () => ({ base: await folderOf(changed('lm_head.weight', undefined, baseWeights)) }),
      'MERGE_BASE',
      'lm_head.weight',
    ],
    [
      'a tensor of another shape',
      async () => ({
        base: await folderOf(
          changed('model.norm.weight', hostTensor('float32', [8], new Float32Array(8)), baseWeights),
        ),
      }),
      'MERGE_DELTA',
      'got [16] on [8]',
    ],
    [
      'sums without a value',
      async () => ({
        base: await folderOf(
          changed('model.norm.weight', hostTensor('float32', [16], new Float32Array(16).fill(1e6)), baseWeights),
          { metadata: {} },
        ),
      }),
      'MERGE_NOT_FINITE',
      'model.norm.weight',
    ],
    [
      'no tokenizer',
      async () => ({
        base: await folderOf(baseWeights, { tokenizer: false }),
        delta: await folderOf(deltaWeights, { tokenizer: false }),
      }),
      'MERGE_TOKENIZER',
      'got neither',
    ],
    ['a directory that is none', async () => ({ base: join(folder, 'nowhere') }), 'CONFIG_INVALID', 'no such file'],
  ])('%s', async (_, prepare, code, message) => {
    const options = await prepare();
    await expect(merge(options)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it("takes the base's tokenizer where the delta has none", async () => {
    const { output } = await merge({ delta: await folderOf(deltaWeights, { tokenizer: false }) });
    expect(await readdir(output)).toContain('tokenizer.json');
  });

  it("a tokenizer whose pieces are not the model's rows", async () => {
    const wrong = await folderOf(deltaWeights);
    const json = JSON.parse(await readFile(join(wrong, 'tokenizer.json'), 'utf8')) as { added_tokens: object[] };
    const more = ['[A]', '[B]'].map((content, i) => ({ id: toyRows + i, content, special: true, normalized: false }));
    await writeFile(
      join(wrong, 'tokenizer.json'),
      JSON.stringify({ ...json, added_tokens: [...json.added_tokens, ...more] }),
    );
    await expect(merge({ delta: wrong })).rejects.toMatchObject({ code: 'MERGE_TOKENIZER' });
  });
});

describe.skipIf(!sharedPath('data/llama-tokenizer.json'))("mergeDelta with LLaMA's words", () => {
  it('checks the ids of ###', async () => {
    const llama = JSON.parse(await readFile(sharedPath('data/llama-tokenizer.json')!, 'utf8')) as {
      model: { merges: unknown[] };
    };
    const [from, to] = [toyWeights(32000, 0.05, 1), toyWeights(32001, 0.002, 2)];
    const words = await folderOf(from);
    const changes = await folderOf(to);
    for (const directory of [words, changes]) await writeFile(join(directory, 'tokenizer.json'), JSON.stringify(llama));
    expect((await merge({ base: words, delta: changes })).notes).toEqual([expect.stringContaining('named 0 and 1')]);
    llama.model.merges = llama.model.merges.slice(0, 50);
    await writeFile(join(changes, 'tokenizer.json'), JSON.stringify(llama));
    await expect(merge({ base: words, delta: changes })).rejects.toMatchObject({
      code: 'MERGE_TOKENIZER',
      message: expect.stringContaining('###'),
    });
  });
});
