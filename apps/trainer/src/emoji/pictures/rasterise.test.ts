import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encodePicture, rasterise, type SquarePicture } from './rasterise.js';

const svg =
  (body: string, box = '0 0 100 100') =>
  (pixels: number) =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="${pixels}" height="${pixels}" viewBox="${box}">${body}</svg>`;

const pixel = ({ size, data }: SquarePicture, x: number, y: number) =>
  Array.from(data.subarray((y * size + x) * 3, (y * size + x) * 3 + 3));

/** First and last row or column that is not all white. */
function inkRange({ size, data }: SquarePicture, of: 'rows' | 'columns'): [number, number] {
  const inked = Array.from({ length: size }, (_, a) =>
    Array.from({ length: size }, (__, b) => (of === 'rows' ? [b, a] : [a, b])).some(
      ([x, y]) => Math.min(...data.slice((y! * size + x!) * 3, (y! * size + x!) * 3 + 3)) < 250,
    ),
  );
  return [inked.indexOf(true), inked.lastIndexOf(true)];
}

describe('rasterise', () => {
  it('crops to the ink and leaves a margin of one twenty-fourth', async () => {
    const picture = (await rasterise(svg('<path d="M40 48h8v8H40z" fill="#00f"/>', '0 0 64 64'), { size: 96 }))!;
    expect(inkRange(picture, 'rows')).toEqual([4, 91]);
    expect(inkRange(picture, 'columns')).toEqual([4, 91]);
    expect(pixel(picture, 48, 48)).toEqual([0, 0, 255]);
    expect(pixel(picture, 1, 1)).toEqual([255, 255, 255]);
  });

  it('keeps proportions and centres what is narrow', async () => {
    const picture = (await rasterise(svg('<path d="M40 10h20v80H40z" fill="#080"/>'), { size: 96 }))!;
    expect(inkRange(picture, 'rows')).toEqual([4, 91]);
    const [left, right] = inkRange(picture, 'columns');
    expect(right - left + 1).toBe(22);
    expect(left + right).toBe(95);
  });

  it('puts what is transparent on white, and counts white as ink only where it is told to', async () => {
    const faint = await rasterise(svg('<path d="M0 0h100v100H0z" fill="#f00" fill-opacity="0.5"/>'), { size: 48 });
    expect(pixel(faint!, 24, 24)).toEqual([255, 127, 127]);
    const flag = svg('<path d="M0 0h100v50H0z" fill="#fff"/><path d="M0 50h100v50H0z" fill="#d00"/>');
    const [whole, visible] = [
      await rasterise(flag, { size: 48, keepsWhite: true }),
      await rasterise(flag, { size: 48 }),
    ];
    const heights = [whole!, visible!]
      .map(picture => inkRange(picture, 'rows'))
      .map(([first, last]) => last - first + 1);
    expect(heights[0]).toBeLessThan(26);
    expect(inkRange(whole!, 'columns')).toEqual([2, 45]);
    expect(pixel(whole!, 24, 12)).toEqual([255, 255, 255]);
    expect(inkRange(visible!, 'columns')).toEqual([2, 45]);
    expect(pixel(visible!, 24, 14)).toEqual([221, 0, 0]);
  });

  it('draws large enough for the size that is asked for', async () => {
    const asked: number[] = [];
    const source = (pixels: number) => {
      asked.push(pixels);
      return svg('<circle cx="50" cy="50" r="40"/>')(pixels);
    };
    expect((await rasterise(source, { size: 96 }))!.data).toHaveLength(96 * 96 * 3);
    expect((await rasterise(source, { size: 224 }))!.size).toBe(224);
    expect(asked).toEqual([256, 598]);
  });

  it('takes picture files, and sees when there is nothing to see', async () => {
    const file = await sharp({ create: { width: 30, height: 10, channels: 4, background: '#0f08' } })
      .png()
      .toBuffer();
    const picture = (await rasterise(file, { size: 24 }))!;
    expect(inkRange(picture, 'columns')).toEqual([1, 22]);
    expect(await rasterise(svg(''), { size: 96 })).toBeUndefined();
  });
});

describe('encodePicture', () => {
  it('loses nothing', async () => {
    const picture = (await rasterise(svg('<circle cx="50" cy="50" r="40" fill="#a3c"/>'), { size: 32 }))!;
    const file = await encodePicture(picture);
    expect(file.toString('latin1', 8, 15)).toBe('WEBPVP8');
    const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([32, 32, 3]);
    expect(Buffer.compare(data, Buffer.from(picture.data))).toBe(0);
  });
});
