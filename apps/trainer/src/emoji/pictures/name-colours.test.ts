import { indexShards, readSample } from '@minigpt4/data-curation';
import { sharedPath } from '@minigpt4/testing';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { nameColours } from './name-colours.js';

type Rgb = readonly [number, number, number];

/** A picture of a hundred pixels, so many of each colour, the rest white. */
function pictureOf(...parts: readonly (readonly [number, Rgb])[]) {
  const pixels = parts.flatMap(([count, rgb]) => Array.from({ length: count }, () => rgb));
  const white = Array.from({ length: 100 - pixels.length }, () => [255, 255, 255] as const);
  return { size: 10, data: Uint8Array.from([...pixels, ...white].flat()) };
}

describe('nameColours', () => {
  it.each([
    ['black', [10, 10, 10]],
    ['gray', [128, 128, 128]],
    ['white', [225, 232, 237]],
    ['yellow', [255, 221, 50]],
    ['red', [221, 46, 68]],
    ['light blue', [93, 173, 236]],
    ['tan', [247, 203, 160]],
    ['orange', [244, 144, 12]],
    ['brown', [102, 67, 33]],
    ['blue', [34, 102, 204]],
    ['green', [92, 145, 59]],
    ['purple', [146, 102, 204]],
    ['pink', [255, 135, 180]],
  ] as const)('knows %s', (name, rgb) => {
    expect(nameColours(pictureOf([30, rgb]))).toEqual([name]);
  });

  it('names the commonest first, none below an eighth of the ink, three at most', () => {
    const [red, blue, green, black]: Rgb[] = [
      [200, 20, 20],
      [40, 110, 225],
      [95, 175, 65],
      [0, 0, 0],
    ];
    expect(nameColours(pictureOf([30, red!], [40, blue!]))).toEqual(['blue', 'red']);
    expect(nameColours(pictureOf([11, red!], [89, blue!]))).toEqual(['blue']);
    expect(nameColours(pictureOf([12, red!], [88, blue!]))).toEqual(['blue', 'red']);
    expect(nameColours(pictureOf([10, red!], [11, blue!], [12, green!], [13, black!]))).toEqual([
      'black',
      'green',
      'blue',
    ]);
  });

  it('calls paper white when there is nothing else', () => {
    expect(nameColours(pictureOf())).toEqual(['white']);
  });
});

const shared = sharedPath('data/emoji/test-twemoji.tar');

describe.skipIf(!shared)('colours of the shared set', () => {
  it('are named alike', async () => {
    const { entries } = await indexShards([shared!]);
    const some = entries.filter((_, i) => i % 10 === 0);
    let [same, sameFirst] = [0, 0];
    for (const entry of some) {
      const { image, metadata } = await readSample(entry);
      const data = new Uint8Array(await sharp(image).removeAlpha().raw().toBuffer());
      const names = nameColours({ size: 96, data });
      const theirs = metadata['colours'] as string[];
      if (names.join() === theirs.join()) same++;
      if (names[0] === theirs[0]) sameFirst++;
    }
    expect(some).toHaveLength(146);
    expect(same / some.length).toBeGreaterThan(0.88);
    expect(sameFirst / some.length).toBeGreaterThan(0.95);
  });
});
