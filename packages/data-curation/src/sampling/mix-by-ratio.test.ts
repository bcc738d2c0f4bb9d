import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose } from '@minigpt4/testing';
import { mixByRatio } from './mix-by-ratio.js';

const take = (mixer: { next(): number }, count: number) => Array.from({ length: count }, () => mixer.next());

describe('mixByRatio', () => {
  it("chooses the original's two sets as 115 to 14", () => {
    const choices = take(mixByRatio({ ratios: [115, 14], seed: 42 }), 20_000);
    // three standard errors of a share of 0.891 in 20,000 draws are 0.0066
    expectClose([choices.filter(choice => choice === 0).length / 20_000], [115 / 129], {
      absolute: 0.0066,
      relative: 0,
    });
  });

  it('goes on exactly where a state was taken', () => {
    const settings = fc.tuple(
      fc.integer(),
      fc.nat(20),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
    );
    fc.assert(
      fc.property(settings, ([seed, before, ratios]) => {
        const straight = mixByRatio({ ratios, seed });
        take(straight, before);
        const state = JSON.parse(JSON.stringify(straight.state())) as number[];
        expect(take(mixByRatio({ ratios, state }), 20)).toEqual(take(straight, 20));
      }),
    );
  });

  it('differs by seed and never chooses a set of ratio 0', () => {
    const choices = (seed: number) => take(mixByRatio({ ratios: [0, 1, 0, 1, 0], seed }), 200);
    expect(choices(1)).not.toEqual(choices(2));
    expect(new Set(choices(1))).toEqual(new Set([1, 3]));
  });

  it.each([[[]], [[0, 0]], [[1, -1, 3]], [[Number.NaN]], [[Number.POSITIVE_INFINITY]]])('refuses %j', ratios => {
    expect(() => mixByRatio({ ratios })).toThrow(expect.objectContaining({ code: 'INVALID_RATIO' }));
  });
});
