import { MiniGPT4Error } from '@minigpt4/core';
import type { LlamaConfig } from '@minigpt4/llm-vicuna';
import { describe, expect, it } from 'vitest';
import {
  choosePaths,
  describePaths,
  sensitiveMatrices,
  type LanguagePaths,
  type PathOptions,
  type TimeProduct,
} from './language-paths.js';

const config = { width: 4096, intermediateWidth: 11008 } as LlamaConfig;

/** Milliseconds for a number of rows: one at least, or so many rows a millisecond. */
const speeds: Readonly<Record<string, (rows: number) => number>> = {
  'int4 blocks': rows => Math.max(1, rows / 2),
  'int4 blocks of 128': rows => Math.max(0.5, rows),
  'int8 blocks': rows => Math.max(1.5, rows / 2),
  'int8 columns': rows => Math.max(2.5, rows / 40),
  'int8 columns, together': rows => Math.max(1.2, rows / 20),
};

/** A clock that knows these speeds, what it was asked, and a processor that may lack the instructions. */
function clock({ exact = true }: { exact?: boolean } = {}) {
  const asked: [storage: string, shape: object][] = [];
  const time: TimeProduct = async (storage, { rows, ...shape }) => {
    asked.push([storage, shape]);
    if (!exact && storage.startsWith('int8 columns')) throw new MiniGPT4Error('STORAGE_UNSUPPORTED', 'inexact');
    return rows.map(speeds[storage]!);
  };
  return { time, asked };
}

const choose = (options: PathOptions, exact = true) => choosePaths(config, options, clock({ exact }).time);

describe('choosePaths', () => {
  it('leaves weights as they are stored unless asked, and measures nothing', async () => {
    const { time, asked } = clock();
    const stored = { decode: 'as stored', prefill: 'as stored', prefillFrom: 1 };
    expect(await choosePaths(config, {}, time)).toEqual(stored);
    expect(await choosePaths(config, { language: 'none', prefillCopy: 'int8' }, time)).toEqual(stored);
    expect(await choosePaths(config, { language: 'int4' }, time)).toEqual({
      decode: 'int4 blocks',
      prefill: 'int4 blocks',
      prefillFrom: 1,
    });
    expect(asked).toEqual([]);
  });

  it('times one layer, of a size that takes no time', async () => {
    const { time, asked } = clock();
    await choosePaths(config, { language: 'int4', prefillCopy: 'int8', threads: 3 }, time);
    expect(asked).toEqual([
      ['int4 blocks', { outputs: 4096, inputs: 2048, threads: 3 }],
      ['int8 columns', { outputs: 4096, inputs: 2048, threads: 3 }],
    ]);
    const small = clock();
    await choosePaths({ ...config, width: 64, intermediateWidth: 96 }, { language: 'int8' }, small.time);
    expect(small.asked.map(([, shape]) => shape)).toEqual([
      { outputs: 96, inputs: 64 },
      { outputs: 96, inputs: 64 },
    ]);
  });

  it('takes a second copy from the number of rows at which it is faster', async () => {
    expect(await choose({ language: 'int4', prefillCopy: 'int8' })).toEqual({
      decode: 'int4 blocks',
      prefill: 'int8 columns',
      prefillFrom: 8,
    });
    expect(await choose({ language: 'int4', block: 128, prefillCopy: 'int8' })).toEqual({
      decode: 'int4 blocks of 128',
      prefill: 'int8 columns',
      prefillFrom: 4,
    });
  });

  it('holds no second copy where it would not be faster', async () => {
    const single = { decode: 'int4 blocks', prefill: 'int4 blocks', prefillFrom: 1 };
    expect(await choose({ language: 'int4', prefillCopy: 'int8' }, false)).toEqual(single);
    const slow: TimeProduct = async (storage, { rows }) => rows.map(() => (storage === 'int8 columns' ? 2 : 1));
    expect(await choosePaths(config, { language: 'int4', prefillCopy: 'int8' }, slow)).toEqual(single);
  });

  it('multiplies 8 bits in the faster way for a chat, or for answers where prompts have their own', async () => {
    // 100 rows and a prompt of 128: 120 + 6.4 ms together, 250 + 3.2 ms apart
    expect((await choose({ language: 'int8' })).decode).toBe('int8 columns, together');
    const even: TimeProduct = async (storage, { rows }) =>
      rows.map(count => (storage === 'int8 columns' ? Math.max(1, count / 40) : Math.max(0.99, count / 20)));
    expect((await choosePaths(config, { language: 'int8' }, even)).decode).toBe('int8 columns');
    expect(await choosePaths(config, { language: 'int8', prefillCopy: 'int8' }, even)).toEqual({
      decode: 'int8 columns, together',
      prefill: 'int8 columns',
      prefillFrom: 32,
    });
  });

  it('holds 8 bits in blocks where whole numbers are not multiplied exactly', async () => {
    const blocks = { decode: 'int8 blocks', prefill: 'int8 blocks', prefillFrom: 1 };
    expect(await choose({ language: 'int8' }, false)).toEqual(blocks);
    expect(await choose({ language: 'int8', prefillCopy: 'int8' }, false)).toEqual(blocks);
  });

  it('takes earlier paths without a measurement, also from JSON', async () => {
    const { time, asked } = clock();
    const paths = await choosePaths(config, { language: 'int4', prefillCopy: 'int8' }, time);
    const again = JSON.parse(JSON.stringify(paths)) as LanguagePaths;
    asked.length = 0;
    expect(await choosePaths(config, { language: 'int8', paths: again }, time)).toEqual(paths);
    expect(asked).toEqual([]);
  });

  it.each([
    { decode: 'int4', prefill: 'int4 blocks', prefillFrom: 1 },
    { decode: 'int4 blocks', prefill: 'toString', prefillFrom: 1 },
    { decode: 'int4 blocks', prefill: 'int8 columns', prefillFrom: 0 },
    { decode: 'int4 blocks', prefill: 'int8 columns', prefillFrom: '8' },
    {},
    null,
  ])('refuses %j as paths', async paths => {
    const choosing = choose({ paths: paths as unknown as LanguagePaths });
    await expect(choosing).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^paths: /),
    });
  });

  it('refuses fewer bits of a graph in half precision', async () => {
    await expect(choose({ language: 'int8', dtype: 'float16' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('passes on what else goes wrong', async () => {
    const broken: TimeProduct = () => Promise.reject(new Error('no memory'));
    await expect(choosePaths(config, { language: 'int8' }, broken)).rejects.toThrow('no memory');
  });
});

describe('describePaths', () => {
  it('says what is computed how', () => {
    expect(describePaths({ decode: 'int4 blocks', prefill: 'int8 columns', prefillFrom: 8 })).toBe(
      'decode int4 (MatMulNBits), prefill int8 (dynamic) from 8 rows',
    );
    expect(describePaths({ decode: 'as stored', prefill: 'as stored', prefillFrom: 1 })).toBe(
      'decode and prefill as stored',
    );
  });
});

describe('sensitiveMatrices', () => {
  it('names value and down projections of narrow models alone', () => {
    const named = (width: number) =>
      ['q_proj', 'v_proj', 'o_proj', 'gate_proj', 'down_proj'].filter(name =>
        sensitiveMatrices({ ...config, width })(`model.layers.0.x.${name}.weight`),
      );
    expect(named(576)).toEqual(['v_proj', 'down_proj']);
    expect(named(2048)).toEqual([]);
  });
});
