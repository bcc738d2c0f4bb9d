import { random } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { damageBytes } from './damage-bytes.js';

const bytes = Buffer.from(`{"a":[10,20],"b":30}${'x'.repeat(500)}`);
const structure = [{ start: 0, end: 20 }];
const copies = Array.from({ length: 400 }, (_, seed) => damageBytes({ bytes, structure }, random(seed)));

describe('damageBytes', () => {
  it('damages in every way, and always something', () => {
    const ways = [
      'bit flips',
      'inserted bytes',
      'lying number',
      'removed bytes',
      'swapped ranges',
      'truncation',
      'zeroed range',
    ];
    expect([...new Set(copies.map(({ what }) => what))].sort()).toEqual(ways);
    expect(copies.every(copy => !copy.bytes.equals(bytes))).toBe(true);
  });

  it('gives the same copy for the same seed, and leaves the original alone', () => {
    expect(damageBytes({ bytes, structure }, random(7))).toEqual(copies[7]);
    expect(bytes.toString()).toMatch(/^\{"a":\[10,20\],"b":30\}x+$/);
  });

  it('puts most of it where the structure is', () => {
    const inHeader = copies.filter(copy => !copy.bytes.subarray(0, 20).equals(bytes.subarray(0, 20))).length;
    expect(inHeader).toBeGreaterThan(200);
    expect(inHeader).toBeLessThan(400);
  });

  it('writes lies over the numbers of a text', () => {
    const lies = copies.filter(({ what }) => what === 'lying number').map(copy => copy.bytes.toString('latin1'));
    expect(lies.some(text => text.includes('18446744073709551615'))).toBe(true);
    expect(lies.some(text => text.includes('1e400'))).toBe(true);
  });
});
