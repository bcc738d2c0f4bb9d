import { describe, expect, it } from 'vitest';
import { timeProduct, type InferenceStorage } from './time-product.js';

const storages: readonly InferenceStorage[] = [
  'int4 blocks',
  'int4 blocks of 64',
  'int4 blocks of 128',
  'int8 blocks',
  'int8 columns',
  'int8 columns, together',
  'int8 columns, rough',
];

describe('timeProduct', () => {
  it.each(storages)('times %s for each number of rows', async storage => {
    const times = await timeProduct(storage, { outputs: 40, inputs: 72, rows: [1, 5, 3], threads: 1 });
    expect(times).toHaveLength(3);
    expect(times.every(time => Number.isFinite(time) && time > 0)).toBe(true);
  });
});
