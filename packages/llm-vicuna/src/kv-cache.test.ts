import { describe, expect, it } from 'vitest';
import { thrownBy } from '../test/thrown-by.js';
import { KVCache, type KVCacheOptions } from './kv-cache.js';

const small: KVCacheOptions = { layers: 2, batch: 2, kvHeads: 1, headSize: 2, capacity: 2 };

/** Rows (tokens, 2, 1, 2) whose elements tell position, sequence and layer. */
function rows(first: number, tokens: number, layer = 0): Float32Array {
  return Float32Array.from({ length: tokens * 4 }, (_, i) => layer * 1000 + (first + Math.floor(i / 4)) * 10 + (i % 4));
}

function fill(cache: KVCache, tokens: number): KVCache {
  for (let layer = 0; layer < cache.layers; layer++) {
    const key = rows(cache.length + 1, tokens, layer);
    cache.append(
      layer,
      key,
      key.map(element => -element),
      tokens,
    );
  }
  cache.advance(tokens);
  return cache;
}

describe('KVCache', () => {
  it('starts with the reserved row of zeros alone', () => {
    const cache = new KVCache(small);
    expect(cache.length).toBe(0);
    expect(cache.shape).toEqual([1, 2, 1, 2]);
    expect([...cache.key(1)]).toEqual([0, 0, 0, 0]);
    expect([...cache.value(1)]).toEqual([0, 0, 0, 0]);
  });

  it('holds appended rows behind the reserved one, once advanced', () => {
    const cache = new KVCache(small);
    const key = rows(1, 1);
    cache.append(0, key, key, 1);
    cache.append(1, key, key, 1);
    expect(cache.key(0).length).toBe(4);
    cache.advance(1);
    expect([...cache.key(0)]).toEqual([0, 0, 0, 0, 10, 11, 12, 13]);
    expect(cache.shape).toEqual([2, 2, 1, 2]);
  });

  it('gives views, not copies', () => {
    const cache = fill(new KVCache(small), 2);
    expect(cache.key(0).buffer).toBe(cache.key(0).buffer);
    expect(cache.key(0).byteOffset).toBe(0);
    cache.key(0)[5] = 99;
    expect(cache.key(0)[5]).toBe(99);
  });

  it('doubles when full, and takes a long prompt at once, keeping every row', () => {
    const cache = fill(new KVCache(small), 2);
    expect(cache.capacity).toBe(2);
    expect(cache.bytes).toBe(2 * 2 * 3 * 4 * 4);
    fill(cache, 1);
    expect(cache.capacity).toBe(4);
    fill(cache, 20);
    expect(cache.capacity).toBe(23);
    expect(cache.bytes).toBe(2 * 2 * 24 * 4 * 4);
    expect([...cache.key(1)]).toEqual([0, 0, 0, 0, ...rows(1, 23, 1)]);
    expect([...cache.value(1)]).toEqual([0, 0, 0, 0, ...rows(1, 23, 1)].map(element => -element || 0));
  });

  it('forgets what truncate cuts, and rows in the middle of a step', () => {
    const cache = fill(new KVCache(small), 3);
    cache.append(0, rows(4, 1), rows(4, 1), 1);
    cache.truncate(1);
    expect([...cache.key(0)]).toEqual([0, 0, 0, 0, 10, 11, 12, 13]);
    fill(cache, 1);
    expect([...cache.key(0)]).toEqual([0, 0, 0, 0, 10, 11, 12, 13, 20, 21, 22, 23]);
  });

  it('forks into an independent copy', () => {
    const cache = fill(new KVCache(small), 2);
    const fork = cache.fork();
    fork.truncate(1);
    fork.key(0).fill(7);
    fill(cache, 1);
    expect([...cache.key(0)]).toEqual([0, 0, 0, 0, ...rows(1, 3)]);
    expect(fork.length).toBe(1);
    expect(fork.batch).toBe(2);
  });

  it('expands a batch of one into equal sequences', () => {
    const one = new KVCache({ ...small, batch: 1 });
    for (const layer of [0, 1]) one.append(layer, Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8), 2);
    one.advance(2);
    const three = one.expand(3);
    expect(three.shape).toEqual([3, 3, 1, 2]);
    expect([...three.key(1)]).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 1, 2, 1, 2, 3, 4, 3, 4, 3, 4]);
    expect([...three.value(0)].slice(6)).toEqual([5, 6, 5, 6, 5, 6, 7, 8, 7, 8, 7, 8]);
    expect(one.batch).toBe(1);
  });

  it('selects sequences into a new cache, any of them more than once', () => {
    const cache = fill(new KVCache(small), 2);
    const selected = cache.select([1, 1, 0]);
    expect(selected.shape).toEqual([3, 3, 1, 2]);
    expect([...selected.key(0)].slice(6)).toEqual([12, 13, 12, 13, 10, 11, 22, 23, 22, 23, 20, 21]);
    expect([...cache.select([1]).value(1)].slice(2)).toEqual([-1012, -1013, -1022, -1023]);
    expect([...cache.key(0)].slice(4)).toEqual([...rows(1, 2)]);
  });

  it('reorders the batch in the rows from a position on', () => {
    const cache = fill(new KVCache(small), 3);
    cache.reorder([1, 0], 1);
    expect([...cache.key(0)].slice(4)).toEqual([10, 11, 12, 13, 22, 23, 20, 21, 32, 33, 30, 31]);
    cache.reorder([1, 1], 2);
    expect([...cache.key(0)].slice(4)).toEqual([10, 11, 12, 13, 22, 23, 20, 21, 30, 31, 30, 31]);
    expect([...cache.value(1)].slice(12)).toEqual([-1030, -1031, -1030, -1031]);
    cache.reorder([0, 0]);
    expect([...cache.key(0)]).toEqual([0, 0, 0, 0, 10, 11, 10, 11, 22, 23, 22, 23, 30, 31, 30, 31]);
  });

  it('knows which rows of a sequence are padding, and counts positions without them', () => {
    const cache = new KVCache(small);
    cache.markGap(1, 0, 2);
    fill(cache, 3);
    cache.markGap(1, 4, 5);
    cache.markGap(0, 1, 1);
    expect([cache.gaps(0), cache.gaps(1)]).toEqual([
      [],
      [
        [0, 2],
        [4, 5],
      ],
    ]);
    expect([0, 2, 3, 4, 5, 6].map(row => cache.positionOf(1, row))).toEqual([0, 0, 1, 2, 2, 3]);
    expect(cache.positionOf(0, 3)).toBe(3);
    cache.markGap(1, 2, 4);
    expect(cache.gaps(1)).toEqual([[0, 5]]);
    cache.truncate(1);
    expect(cache.gaps(1)).toEqual([[0, 1]]);
    cache.truncate(0);
    expect(cache.gaps(1)).toEqual([]);
  });

  it('takes padding along when sequences are copied or change places', () => {
    const cache = fill(new KVCache(small), 4);
    cache.markGap(0, 0, 1);
    cache.markGap(1, 0, 1);
    cache.markGap(1, 2, 3);
    const copy = cache.select([1, 0, 1]);
    expect([0, 1, 2].map(i => copy.gaps(i).length)).toEqual([2, 1, 2]);
    copy.truncate(0);
    cache.reorder([1, 0], 2);
    expect([cache.gaps(0), cache.gaps(1)]).toEqual([
      [
        [0, 1],
        [2, 3],
      ],
      [[0, 1]],
    ]);
  });

  it('keeps chosen rows, moved together, and the padding among them', () => {
    const cache = fill(new KVCache(small), 5);
    cache.markGap(1, 1, 4);
    cache.keep([
      [3, 5],
      [0, 1],
    ]);
    expect([...cache.key(0)].slice(4)).toEqual([...rows(1, 1), ...rows(4, 2)]);
    expect([...cache.value(1)].slice(-8)).toEqual([...rows(4, 2, 1)].map(element => -element));
    expect(cache.gaps(1)).toEqual([[1, 2]]);
    expect(cache.realRows(1)).toEqual([
      [0, 1],
      [2, 3],
    ]);
    fill(cache, 1);
    expect(cache.length).toBe(4);
  });

  it('tells by its revision whether anything changed', () => {
    const cache = fill(new KVCache(small), 2);
    const seen = new Set([cache.revision]);
    cache.truncate(1);
    seen.add(cache.revision);
    fill(cache, 1);
    seen.add(cache.revision);
    cache.reorder([1, 0]);
    seen.add(cache.revision);
    cache.markGap(0, 0, 1);
    seen.add(cache.revision);
    cache.keep([[0, 1]]);
    seen.add(cache.revision);
    cache.key(0);
    cache.fork();
    expect(seen).toContain(cache.revision);
    expect(seen.size).toBe(6);
  });

  it.each<[string, (cache: KVCache) => void]>([
    ['KVCache.key: no such layer, expected 0 to 1, got 2', cache => cache.key(2)],
    ['KVCache.value: no such layer, expected 0 to 1, got -1', cache => cache.value(-1)],
    ['KVCache.append: no such layer', cache => cache.append(5, rows(1, 1), rows(1, 1), 1)],
    [
      'expected 8 for 2 tokens of [2, 1, 2], got key 4 and value 8',
      cache => cache.append(0, rows(1, 1), rows(1, 2), 2),
    ],
    ['KVCache.append: wrong number', cache => cache.append(0, new Float32Array(), new Float32Array(), 0)],
    ['expected 1 new rows in each of 2 layers, got 0 in layer 0', cache => cache.advance(1)],
    ['KVCache.advance', cache => cache.advance(0)],
    ['expected 0 to 1, got 2. A cache can only be shortened', cache => cache.truncate(2)],
    ['expected 0 to 1, got -1', cache => cache.truncate(-1)],
    ['expected a batch of 1, got 2', cache => cache.expand(4)],
    ['expected 2 parents, got [0]', cache => cache.reorder([0])],
    ['KVCache.reorder: bad parents, expected numbers from 0 to 1, got [0,2]', cache => cache.reorder([0, 2])],
    ['KVCache.select: bad parents, expected numbers from 0 to 1, got [1,-1]', cache => cache.select([1, -1])],
    ['expected 0 to 1, got 2', cache => cache.reorder([0, 1], 2)],
    ['KVCache.markGap: no such sequence, expected 0 to 1, got 2', cache => cache.markGap(2, 0, 1)],
    [
      'KVCache.markGap: bad range, expected rows from 0 in ascending order, got 2 to 1',
      cache => cache.markGap(0, 2, 1),
    ],
    ['KVCache.keep: bad rows, expected some of rows 0 to 1, got 0,2', cache => cache.keep([[0, 2]])],
    ['KVCache.keep: bad rows', cache => cache.keep([[-1, 1]])],
    ['KVCache.gaps: no such sequence', cache => cache.gaps(-1)],
    ['KVCache.positionOf: no such sequence', cache => cache.positionOf(0.5, 1)],
  ])('says "%s"', (message, act) => {
    const error = thrownBy(() => act(fill(new KVCache(small), 1)));
    expect(error.code).toBe('CACHE_MISUSE');
    expect(error.message).toContain(message);
  });

  it('refuses a layer twice in a step, uneven layers, and reordering in the middle of a step', () => {
    const cache = new KVCache(small);
    cache.append(0, rows(1, 2), rows(1, 2), 2);
    expect(() => cache.append(0, rows(1, 2), rows(1, 2), 2)).toThrow('layer 0 was appended already');
    expect(() => cache.advance(2)).toThrow('got 0 in layer 1');
    expect(() => cache.reorder([1, 0])).toThrow('in a step');
    expect(() => cache.keep([])).toThrow('in a step');
  });

  it.each<[keyof KVCacheOptions, number]>([
    ['layers', 0],
    ['batch', -1],
    ['kvHeads', 1.5],
    ['headSize', Number.NaN],
    ['capacity', 0],
  ])('refuses %s %d', (name, value) => {
    const error = thrownBy(() => new KVCache({ ...small, [name]: value }));
    expect(error.code).toBe('INVALID_OPTION');
    expect(error.message).toContain(`bad ${name}`);
  });
});
