import { describe, expect, it } from 'vitest';
import { imageExtensions, imageType } from './image-type.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('imageType', () => {
  it.each([
    ['\xff\xd8\xff\xe0\0\x10JFIF', 'jpg', 'image/jpeg'],
    ['\x89PNG\r\n\x1a\n', 'png', 'image/png'],
    ['GIF89a', 'gif', 'image/gif'],
    ['GIF87a', 'gif', 'image/gif'],
    ['RIFF\n\0\0\0WEBPVP8L', 'webp', 'image/webp'],
    ['BM\x36\n\0\0\0\0\0\0', 'bmp', 'image/bmp'],
    ['II*\0\x08', 'tif', 'image/tiff'],
    ['MM\0*\0', 'tif', 'image/tiff'],
    ['\0\0\0\x20ftypavif', 'avif', 'image/avif'],
    ['\0\0\0\x20ftypheic', 'heic', 'image/heic'],
  ])('knows %j', (text, extension, mediaType) => {
    // also as a view into a larger buffer
    const view = Buffer.concat([bytes('xx'), bytes(text), bytes('rest')]).subarray(2);
    expect(imageType(view)).toEqual({ extension, mediaType });
    expect(imageExtensions).toContain(extension);
  });

  it.each(['', '<html>', '{"a": 1}', 'BMW is a car maker', 'RIFF\n\0\0\0WAVE', '\x89PNG', '%PDF-1.7'])(
    'takes %j for no picture',
    text => {
      expect(imageType(bytes(text))).toBeUndefined();
    },
  );
});
