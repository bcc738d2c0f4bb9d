import { KVCache, type LanguageModel } from '@minigpt4/llm-vicuna';
import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { compareScores, textScores } from './text-scores.js';

/** Expects the id after the last one it read, with odds of 3 to 1 against the other three. */
const counting: LanguageModel = {
  width: 1,
  vocabularySize: 4,
  eosIds: [],
  embed: async ids => Float32Array.from(ids),
  createCache: () => new KVCache({ layers: 1, batch: 1, kvHeads: 1, headSize: 1 }),
  forward: async (embeddings, cache) => {
    grow(cache, embeddings.length);
    return scoresAfter(embeddings.at(-1)!);
  },
  forwardEach: async (embeddings, cache, places) => {
    expect(places.map(({ sees }) => sees)).toEqual(places.map((_, i) => [[0, cache.length + i + 1]]));
    grow(cache, embeddings.length);
    return Float32Array.from([...embeddings].flatMap(id => [...scoresAfter(id)]));
  },
};

function grow(cache: KVCache, count: number): void {
  cache.append(0, new Float32Array(count), new Float32Array(count), count);
  cache.advance(count);
}

function scoresAfter(id: number): Float32Array {
  return Float32Array.from({ length: 4 }, (_, next) => (next === (id + 1) % 4 ? Math.log(9) : 0));
}

describe('textScores', () => {
  it.each(['prompt', 'answer'] as const)('scores each next token of a %s', async way => {
    const ids = Array.from({ length: 200 }, (_, i) => (i === 150 ? 1 : i % 4));
    const { losses, likeliest } = await textScores(counting, ids, way);
    expect(likeliest).toEqual(ids.slice(0, -1).map(id => (id + 1) % 4));
    const unexpected = losses.flatMap((loss, i) => (loss > 1 ? [i] : []));
    expect(unexpected).toEqual([149, 150]);
    expectClose([losses[0]!, losses[150]!], [-Math.log(9 / 12), Math.log(12)], { absolute: 1e-5 });
  });
});

describe('compareScores', () => {
  it('tells how much is lost and how often the likeliest token is another', () => {
    const difference = compareScores({ losses: [1, 3], likeliest: [5, 6] }, { losses: [1, 2], likeliest: [5, 7] });
    expect(difference).toEqual({ loss: 2, excess: 0.5, agreement: 0.5 });
  });
});
