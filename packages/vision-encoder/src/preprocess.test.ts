import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectClose, sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode-image.js';
import { clipPreprocess, preprocess } from './preprocess.js';
import { resizeLikePil } from './resize-like-pil.js';

interface GoldenCase {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly expected: string;
}

interface Golden {
  readonly size: number;
  readonly mean: [number, number, number];
  readonly std: [number, number, number];
  readonly cases: readonly GoldenCase[];
}

const folder = sharedPath('goldens/preprocess');
const golden = folder ? (JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as Golden) : undefined;

describe.skipIf(!folder)('pictures of goldens/preprocess', () => {
  it('were made with the sizes and colours of clipPreprocess', () => {
    expect(golden).toMatchObject(clipPreprocess);
  });

  it.each(golden?.cases ?? [])('$file is what Pillow makes of it, value for value', async ({ file, ...expected }) => {
    const image = await decodeImage(readFileSync(join(folder!, 'images', file)));
    expect([image.width, image.height]).toEqual([expected.width, expected.height]);
    const size = golden!.size;
    const wanted = await decodeImage(readFileSync(join(folder!, expected.expected)));
    const got = resizeLikePil(image, size, size);
    expect(got.data.length).toBe(size * size * 3);
    expect(Buffer.compare(got.data, wanted.data)).toBe(0);

    const normalized = preprocess(image, golden!);
    const channelMean = [0, 1, 2].map(channel =>
      mean(normalized.subarray(channel * size * size, (channel + 1) * size * size)),
    );
    const pixelMean = [0, 1, 2].map(channel => mean(wanted.data.filter((_, i) => i % 3 === channel)));
    const wantedMean = pixelMean.map((value, i) => (value / 255 - golden!.mean[i]!) / golden!.std[i]!);
    expectClose(channelMean, wantedMean, { absolute: 1e-5, relative: 0 });
  });
});

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

describe('preprocess', () => {
  it('puts channels first and normalises each by its own mean and deviation', () => {
    const image = { width: 2, height: 1, data: Uint8Array.from([0, 51, 102, 255, 204, 153]) };
    const out = preprocess({ ...image, height: 1 }, { size: 2, mean: [0, 0.2, 0.5], std: [1, 0.5, 0.25] });
    expect(out).toHaveLength(12);
    // both rows are the same: the picture is squashed, not cropped
    expectClose(out, [0, 1, 0, 1, 0, 1.2, 0, 1.2, -0.4, 0.4, -0.4, 0.4], { absolute: 1e-6, relative: 0 });
  });

  it('rounds to float32 at each step, as torchvision does', () => {
    const image = { width: 1, height: 1, data: Uint8Array.from([100, 200, 33]) };
    const out = preprocess(image, { ...clipPreprocess, size: 1 });
    expect([...out]).toEqual([-0.33241987228393555, 1.249456524848938, -1.0109574794769287]);
  });

  it('gives (3, size, size) for any aspect ratio', () => {
    const image = { width: 7, height: 3, data: new Uint8Array(63).fill(9) };
    expect(preprocess(image, { ...clipPreprocess, size: 5 })).toHaveLength(75);
  });
});
