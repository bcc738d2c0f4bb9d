import { describe, expect, it } from 'vitest';
import { decodeImage, type RgbImage } from '../decode-image.js';

const background = [40, 80, 120] as const;

function pixelsOf({ data }: RgbImage): number[][] {
  return Array.from({ length: data.length / 3 }, (_, i) => [...data.subarray(i * 3, i * 3 + 3)]);
}

/** A GIF of 2 x 2 drawn pixels at (1, 0) of a 3 x 2 canvas; 3-bit codes with a clear code before each pair keep the LZW trivial. */
function gif({ transparentIndex, local = false }: { transparentIndex?: number; local?: boolean }): Uint8Array {
  const palette = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120];
  const wrong = palette.map(() => 1);
  let bits = 0;
  [4, 0, 1, 4, 2, 3, 5].forEach((code, i) => {
    bits += code * 8 ** i;
  });
  const data = [bits & 255, (bits >> 8) & 255, (bits >> 16) & 255];
  const blocks = [
    [...Buffer.from('GIF89a')],
    [3, 0, 2, 0, 0x81, 0, 0],
    local ? wrong : palette,
    [0x21, 0xfe, 2, 0x2c, 0x2c, 0], // a comment that looks like a frame
    transparentIndex === undefined ? [] : [0x21, 0xf9, 4, 1, 0, 0, transparentIndex, 0],
    [0x2c, 1, 0, 0, 0, 2, 0, 2, 0, local ? 0x81 : 0],
    local ? palette : [],
    [2, data.length, ...data, 0, 0x3b],
  ];
  return Uint8Array.from(blocks.flat());
}

describe('the first frame of a GIF', () => {
  const colours = [0, 1, 2, 3].map(i => [i * 30 + 10, i * 30 + 20, i * 30 + 30]);

  it.each([false, true])(
    'shows the colour that transparency hides, as Pillow does (local palette: %s)',
    async local => {
      const [a, b, c, d] = colours;
      const image = await decodeImage(gif({ transparentIndex: 2, local }));
      expect([image.width, pixelsOf(image)]).toEqual([3, [c, a, b, c, c, d]]);
      const laid = await decodeImage(gif({ transparentIndex: 2, local }), { background });
      expect(pixelsOf(laid)).toEqual([[...background], a, b, [...background], [...background], d]);
    },
  );

  it('gives what lies outside the frame the first colour', async () => {
    const [a, b, c, d] = colours;
    expect(pixelsOf(await decodeImage(gif({})))).toEqual([a, a, b, a, c, d]);
    expect(pixelsOf(await decodeImage(gif({}), { background }))).toEqual([
      [...background],
      a,
      b,
      [...background],
      c,
      d,
    ]);
  });

  it('reads nothing behind the first frame', async () => {
    const first = gif({ transparentIndex: 2 });
    const flood = Buffer.concat([first.subarray(0, -1), Buffer.alloc(1000, 0x2c)]);
    expect(await decodeImage(flood)).toEqual(await decodeImage(first));
  });
});
