import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMiniGPT4Error } from '@minigpt4/core';
import { expectClose, sharedPath } from '@minigpt4/testing';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage, type RgbImage } from './decode-image.js';
import { clipPreprocess, preprocess } from './preprocess.js';

type Pixel = readonly number[];

function raw(pixels: readonly Pixel[], width: number): Sharp {
  const channels = pixels[0]!.length as 1 | 2 | 3 | 4;
  return sharp(Uint8Array.from(pixels.flat()), { raw: { width, height: pixels.length / width, channels } });
}

function pixelsOf({ data }: RgbImage): number[][] {
  return Array.from({ length: data.length / 3 }, (_, i) => [...data.subarray(i * 3, i * 3 + 3)]);
}

/** Six colours in two rows of three, each with an alpha of its own. */
const picture: readonly Pixel[] = [
  [255, 0, 0, 255],
  [0, 255, 0, 128],
  [0, 0, 255, 0],
  [255, 255, 0, 1],
  [10, 20, 30, 254],
  [200, 100, 50, 77],
];
const opaque = picture.map(pixel => pixel.slice(0, 3));

/** What a viewer that honours orientations 1 … 8 shows for `picture`: indices of its pixels, row by row, and the width. */
const upright: readonly (readonly [width: number, order: readonly number[]])[] = [
  [3, [0, 1, 2, 3, 4, 5]],
  [3, [2, 1, 0, 5, 4, 3]],
  [3, [5, 4, 3, 2, 1, 0]],
  [3, [3, 4, 5, 0, 1, 2]],
  [2, [0, 3, 1, 4, 2, 5]],
  [2, [3, 0, 4, 1, 5, 2]],
  [2, [5, 2, 4, 1, 3, 0]],
  [2, [2, 5, 1, 4, 0, 3]],
];

const background = [40, 80, 120] as const;

function laidOnBackground([red, green, blue, alpha = 255]: Pixel): number[] {
  return [red!, green!, blue!].map((value, i) => Math.round((value * alpha + background[i]! * (255 - alpha)) / 255));
}

describe('decodeImage: orientation and alpha', () => {
  it.each(upright.map(([width, order], i) => ({ orientation: i + 1, width, order })))(
    'orientation $orientation, with and without alpha, upright and background',
    async ({ orientation, width, order }) => {
      const encode = (pixels: readonly Pixel[]) => raw(pixels, 3).withMetadata({ orientation }).png().toBuffer();
      for (const pixels of [picture, opaque]) {
        const bytes = await encode(pixels);
        const stored = await decodeImage(bytes);
        expect([stored.width, stored.height, pixelsOf(stored)]).toEqual([3, 2, opaque]);
        const turned = await decodeImage(bytes, { upright: true });
        expect([turned.width, pixelsOf(turned)]).toEqual([width, order.map(i => opaque[i])]);
        const laid = await decodeImage(bytes, { background });
        expect([laid.width, pixelsOf(laid)]).toEqual([3, pixels.map(laidOnBackground)]);
        const both = await decodeImage(bytes, { upright: true, background });
        expect([both.width, pixelsOf(both)]).toEqual([width, order.map(i => laidOnBackground(pixels[i]!))]);
      }
    },
  );

  it('turns JPEG and WebP upright, and a TIFF always, as Pillow does', async () => {
    const orientation = 6;
    const [width, order] = upright[orientation - 1]!;
    const expected = order.map(i => opaque[i]);
    const webp = await raw(opaque, 3).withMetadata({ orientation }).webp({ lossless: true }).toBuffer();
    expect(pixelsOf(await decodeImage(webp))).toEqual(opaque);
    expect(pixelsOf(await decodeImage(webp, { upright: true }))).toEqual(expected);
    const jpeg = await sharp({ create: { width: 30, height: 20, channels: 3, background: 'red' } })
      .withMetadata({ orientation })
      .jpeg()
      .toBuffer();
    expect(await decodeImage(jpeg)).toMatchObject({ width: 30, height: 20 });
    expect(await decodeImage(jpeg, { upright: true })).toMatchObject({ width: 20, height: 30 });
    const tiff = await raw(opaque, 3).withMetadata({ orientation }).tiff({ compression: 'none' }).toBuffer();
    const image = await decodeImage(tiff);
    expect([image.width, pixelsOf(image)]).toEqual([width, expected]);
    expect(await decodeImage(tiff, { upright: true })).toEqual(image);
  });

  it('lays grey pictures with alpha on a colour', async () => {
    const bytes = await raw(
      [
        [200, 255],
        [200, 0],
        [100, 51],
      ],
      3,
    )
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect((await sharp(bytes).metadata()).channels).toBe(2);
    expect(pixelsOf(await decodeImage(bytes))).toEqual([200, 200, 100].map(value => [value, value, value]));
    expect(pixelsOf(await decodeImage(bytes, { background: [255, 0, 5] }))).toEqual([
      [200, 200, 200],
      [255, 0, 5],
      [224, 20, 24],
    ]);
  });
});

describe('decodeImage: kinds', () => {
  const photo = raw(
    Array.from({ length: 64 * 48 }, (_, i) => [(i % 64) * 4, Math.floor(i / 64) * 5, 128]),
    64,
  );

  it('decodes AVIF, and every kind from a view into a larger buffer', async () => {
    const png = await decodeImage(await photo.clone().png().toBuffer());
    const avif = await photo.clone().avif({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
    const padded = Buffer.concat([Buffer.alloc(3, 1), avif]).subarray(3);
    const image = await decodeImage(new Uint8Array(padded.buffer, padded.byteOffset, padded.length));
    expect([image.width, image.height]).toEqual([64, 48]);
    expectClose(image.data, png.data, { absolute: 12, relative: 0 });
  });

  it('keeps the high byte of 16-bit grey', async () => {
    const values = Uint16Array.from([0, 255, 256, 0x7fff, 0x80ff, 0xffff]);
    const bytes = await sharp(values, { raw: { width: 6, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    expect((await sharp(bytes).metadata()).depth).toBe('ushort');
    expect(pixelsOf(await decodeImage(bytes))).toEqual([0, 0, 1, 127, 128, 255].map(value => [value, value, value]));
  });

  it('ignores colour profiles', async () => {
    const bytes = await photo.clone().withIccProfile('p3').png().toBuffer();
    expect((await sharp(bytes).metadata()).icc).toBeDefined();
    const stored = await sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
    expect(Buffer.compare((await decodeImage(bytes)).data, stored)).toBe(0);
  });

  it.each([
    ['a BMP', Buffer.from('BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0', 'latin1'), 'image/bmp'],
    ['HEIC', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), 'image/heic'],
    ['SVG behind a comment', Buffer.from('<?xml version="1.0"?><!-- a --><svg xmlns="x"/>'), 'SVG'],
    ['text', Buffer.from('not a picture\n'), 'text'],
    ['noise', Uint8Array.from([1, 2, 3, 4, 5]), 'unknown bytes'],
  ])('refuses %s by its name', async (_, bytes, name) => {
    await expect(decodeImage(bytes)).rejects.toMatchObject({
      code: 'IMAGE_UNSUPPORTED',
      message: expect.stringContaining(`got ${name}.`),
    });
  });

  it('refuses pictures cut off anywhere in their pixels', async () => {
    const noisy = raw(
      Array.from({ length: 4096 }, (_, i) => [(i * 97) % 251, (i * 31) % 241, (i * 7) % 239]),
      64,
    );
    const encoded = {
      png: await noisy.clone().png().toBuffer(),
      jpeg: await noisy.clone().jpeg().toBuffer(),
      webp: await noisy.clone().webp({ lossless: true }).toBuffer(),
      gif: await noisy.clone().gif().toBuffer(),
      tiff: await noisy.clone().tiff({ compression: 'lzw' }).toBuffer(),
      avif: await noisy.clone().avif().toBuffer(),
    };
    for (const [kind, bytes] of Object.entries(encoded)) {
      expect([kind, (await decodeImage(bytes)).width]).toEqual([kind, 64]);
      for (const part of [0.1, 0.5, 0.9]) {
        const cut = decodeImage(bytes.subarray(0, Math.floor(bytes.length * part)));
        await expect(cut).rejects.toMatchObject({
          code: 'IMAGE_CORRUPT',
          message: expect.stringContaining(kind.toUpperCase()),
          cause: expect.anything(),
        });
      }
    }
  });
});

describe('decodeImage: limits', () => {
  const blank = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: 'white' } });

  it('allows as many pixels as it is told and no more', async () => {
    for (const bytes of [await blank(30, 20).png().toBuffer(), await blank(30, 20).jpeg().toBuffer()]) {
      expect((await decodeImage(bytes, { maxPixels: 600 })).width).toBe(30);
      await expect(decodeImage(bytes, { maxPixels: 599 })).rejects.toMatchObject({
        code: 'IMAGE_TOO_LARGE',
        message: expect.stringMatching(/at most 599 .* got 30 x 20 = 600\./),
      });
    }
  });

  it('refuses endless lines', async () => {
    const bytes = await blank(70_000, 1).png().toBuffer();
    await expect(decodeImage(bytes)).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' });
  });

  it('refuses more bytes than it is told', async () => {
    const bytes = await blank(3, 2).png().toBuffer();
    expect((await decodeImage(bytes, { maxBytes: bytes.length })).width).toBe(3);
    await expect(decodeImage(bytes, { maxBytes: bytes.length - 1 })).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
      message: expect.stringContaining(`got ${bytes.length}.`),
    });
  });
});

const folder = sharedPath('goldens/preprocess');
const hostile = folder
  ? (JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as { hostile: { file: string; why: string }[] })
      .hostile
  : [];

/** The code and a word of the message that each file must end in. */
const problems: Record<string, readonly [code: RegExp | string, message: RegExp]> = {
  'empty.png': ['IMAGE_EMPTY', /no bytes/],
  'text.jpg': ['IMAGE_UNSUPPORTED', /got text/],
  'header_only.png': ['IMAGE_CORRUPT', /header cannot be read/],
  'truncated.png': ['IMAGE_CORRUPT', /cut off/],
  'truncated.jpg': ['IMAGE_CORRUPT', /premature end/],
  'corrupt_data.png': ['IMAGE_CORRUPT', /damaged/],
  'bomb_20000.png': ['IMAGE_TOO_LARGE', /at most 50000000 .* 20000 x 20000/],
  'header_lies.png': ['IMAGE_TOO_LARGE', /2147483647 x 2147483647/],
  'script.svg': ['IMAGE_UNSUPPORTED', /SVG/],
  'external.svg': ['IMAGE_UNSUPPORTED', /SVG/],
  'document.pdf': ['IMAGE_UNSUPPORTED', /pdf/],
  'noise.webp': ['IMAGE_CORRUPT', /WEBP/],
  'zip.png': ['IMAGE_UNSUPPORTED', /zip/],
  'zero_size.png': ['IMAGE_CORRUPT', /0 x 0 pixels/],
};

describe.skipIf(!folder)('hostile files of goldens/preprocess', () => {
  it.each(hostile)(
    '$file ($why) ends in its error, and the next picture is fine',
    async ({ file }) => {
      const before = process.memoryUsage().rss;
      const error: unknown = await decodeImage(readFileSync(join(folder!, 'hostile', file))).catch(
        (cause: unknown) => cause,
      );
      expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
      expect(isMiniGPT4Error(error)).toBe(true);
      const [code, message] = problems[file] ?? [/^IMAGE_/, /expected .* got /];
      expect(error).toMatchObject({ code: expect.stringMatching(code), message: expect.stringMatching(message) });

      const good = await decodeImage(readFileSync(join(folder!, 'images', 'rgb.png')));
      expect(preprocess(good, clipPreprocess)).toHaveLength(3 * 224 * 224);
    },
    2000,
  );
});
