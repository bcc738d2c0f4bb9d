import { random } from '@minigpt4/core';
import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { embeddingRatio } from './embedding-sizes.js';
import { querySimilarity } from './query-similarity.js';

const queries = 6;
const width = 16;

/** Pictures whose queries each add a constant of their own to `say(picture, query)`. */
function pictures(say: (stream: ReturnType<typeof random>, query: number) => number[]): Float32Array[] {
  const constants = random(1);
  const offsets = Array.from({ length: queries * width }, () => 10 * constants.normal());
  return Array.from({ length: 40 }, (_, picture) => {
    const spoken = Array.from({ length: queries }, (_unused, query) => say(random(picture), query));
    return Float32Array.from(offsets, (offset, i) => offset + spoken[Math.floor(i / width)]![i % width]!);
  });
}

const noise = (stream: ReturnType<typeof random>) => Array.from({ length: width }, () => stream.normal());

describe('querySimilarity', () => {
  it('is near 0 for queries that say different things', () => {
    const similarity = querySimilarity(
      pictures((stream, query) => {
        for (let i = 0; i < query; i++) noise(stream);
        return noise(stream);
      }),
      queries,
    );
    expect(Math.abs(similarity)).toBeLessThan(0.1);
  });

  it('is near 1 for queries that all say the same, whatever constants they add', () => {
    expect(
      querySimilarity(
        pictures(stream => noise(stream)),
        queries,
      ),
    ).toBeGreaterThan(0.99);
  });

  it('is 0 for pictures that are all the same', () => {
    const same = pictures(() => Array.from({ length: width }, () => 0));
    expect(querySimilarity(same, queries)).toBe(0);
  });
});

describe('embeddingRatio', () => {
  it('compares root mean squares', () => {
    expectClose([embeddingRatio(Float32Array.of(6, -6), Float32Array.of(2, 2, -2))], [3]);
  });
});
