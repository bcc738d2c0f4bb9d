import type { RgbImage } from '@minigpt4/vision-encoder';
import { describe, expect, it } from 'vitest';
import { findLookAlikes, pictureLook } from './picture-look.js';

/** A coloured disc on white, `side` pixels wide. */
function disc(side: number, color: readonly [number, number, number], centre = 0.5): RgbImage {
  const data = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const inside = Math.hypot((x + 0.5) / side - centre, (y + 0.5) / side - 0.5) < 0.3;
      data.set(inside ? color : [255, 255, 255], 3 * (y * side + x));
    }
  }
  return { width: side, height: side, data };
}

const red = [200, 30, 40] as const;

describe('findLookAlikes', () => {
  it('finds a copy of another size, and neither another colour nor another place', () => {
    const looks = [
      pictureLook('red', disc(96, red)),
      pictureLook('green', disc(96, [30, 140, 40])),
      pictureLook('aside', disc(96, red, 0.35)),
      pictureLook('copy', disc(240, red)),
      pictureLook('again', disc(96, red)),
    ];
    expect(findLookAlikes(looks)).toEqual([
      { key: 'copy', other: 'red' },
      { key: 'again', other: 'red' },
    ]);
  });

  it('compares two sets', () => {
    const test = [pictureLook('test-red', disc(64, red)), pictureLook('test-blue', disc(64, [20, 40, 220]))];
    expect(findLookAlikes(test, [pictureLook('train-red', disc(96, red))])).toEqual([
      { key: 'test-red', other: 'train-red' },
    ]);
  });

  it('takes pictures smaller than its grid', () => {
    const tiny = { width: 1, height: 2, data: Uint8Array.from([255, 255, 255, 0, 0, 0]) };
    expect(findLookAlikes([pictureLook('a', tiny), pictureLook('b', tiny)])).toEqual([{ key: 'b', other: 'a' }]);
  });
});
