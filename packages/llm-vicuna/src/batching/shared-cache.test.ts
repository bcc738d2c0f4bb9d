import { random } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { cachedIds, hashModel, hashScores } from '../../test/hash-model.js';
import { canShare, placesBehind, SharedCache, textLength, type SharingModel, type TextRows } from './shared-cache.js';

function sharingModel(): SharingModel {
  const model = hashModel({ shares: true });
  if (!canShare(model)) throw new Error('this model shares');
  return model;
}

const model = sharingModel();

/** The ids of a text, read from the rows it is said to have. */
function idsOf(shared: SharedCache, text: TextRows): number[] {
  const ids = cachedIds(shared.cache);
  return text.flatMap(([from, to]) => ids.slice(from, to));
}

describe('SharedCache', () => {
  it('holds what texts have in common once, and clears away what none of them has', async () => {
    const cache = model.createCache();
    await model.forward(Float32Array.of(4, 5, 6), cache);
    const shared = new SharedCache(model, cache);
    const draw = random(3);
    let texts: readonly TextRows[] = Array.from({ length: 4 }, () => cache.realRows(0));
    let expected = texts.map(() => [4, 5, 6]);
    let longest = 0;
    for (let step = 0; step < 200; step++) {
      const parents = texts.map(() => draw.integer(4));
      const ids = texts.map(() => draw.integer(20));
      expected = parents.map((parent, i) => [...expected[parent]!, ids[i]!]);
      texts = shared.tidy(parents.map(parent => texts[parent]!));
      const result = await shared.step(texts, Float32Array.from(ids));
      texts = result.texts;
      longest = Math.max(longest, cache.length);
      expect(texts.map(text => idsOf(shared, text))).toEqual(expected);
      expect([...result.logits]).toEqual(expected.flatMap(text => [...hashScores(text, 23)]));
    }
    expect(texts.map(textLength)).toEqual([203, 203, 203, 203]);
    // 803 without clearing, at least 203 for the texts
    expect(longest).toBeLessThan(350);
    expect(cachedIds(cache).slice(0, 3)).toEqual([4, 5, 6]);
  });

  it('takes in what other caches hold, without their padding', async () => {
    const other = model.createCache();
    other.markGap(0, 0, 2);
    await model.forward(Float32Array.of(0, 0, 7, 8), other);
    const shared = new SharedCache(model, model.createCache());
    const texts = [shared.add(other), shared.add(model.createCache()), shared.add(other)];
    const step = await shared.step(texts, Float32Array.of(9, 10, 11));
    expect(step.texts.map(text => idsOf(shared, text))).toEqual([[7, 8, 9], [10], [7, 8, 11]]);
  });

  it('keeps the padding of the cache that it shares', async () => {
    const cache = model.createCache();
    cache.markGap(0, 1, 3);
    await model.forward(Float32Array.of(4, 0, 0, 5), cache);
    const shared = new SharedCache(model, cache);
    const prompt = cache.realRows(0);
    for (let i = 0; i < 100; i++) {
      expect(shared.tidy([prompt])).toEqual([prompt]);
      const { logits } = await shared.step([prompt], Float32Array.of(6));
      expect([...logits]).toEqual([...hashScores([4, 5, 6], 23)]);
    }
    expect(cache.length).toBeLessThan(80);
    expect(cache.gaps(0)).toEqual([[1, 3]]);
  });
});

describe('placesBehind', () => {
  it('lets each token see the text and the tokens before it', () => {
    expect(
      placesBehind(
        [
          [0, 2],
          [4, 5],
        ],
        5,
        2,
      ),
    ).toEqual([
      {
        position: 3,
        sees: [
          [0, 2],
          [4, 6],
        ],
      },
      {
        position: 4,
        sees: [
          [0, 2],
          [4, 7],
        ],
      },
    ]);
  });
});
