import { crc32, deflateSync } from 'node:zlib';
import type { RgbImage } from 'minigpt4';

/** A disc of one colour on white: something the tiny model has seen the like of. */
export function disc([red, green, blue]: readonly [number, number, number] = [220, 30, 40], size = 96): RgbImage {
  const data = new Uint8Array(size * size * 3).fill(255);
  const radius = 0.4 * size;
  for (let i = 0; i < size * size; i++) {
    const [x, y] = [(i % size) - size / 2, Math.floor(i / size) - size / 2];
    if (x * x + y * y < radius * radius) data.set([red, green, blue], 3 * i);
  }
  return { width: size, height: size, data };
}

/** The picture as a PNG file; `level` 0 leaves it as large as it is. */
export function png({ width, height, data }: RgbImage, level = 6): Uint8Array {
  const lines = new Uint8Array(height * (1 + 3 * width)); // each begins with the number of its filter, 0 for none
  for (let y = 0; y < height; y++) {
    lines.set(data.subarray(3 * width * y, 3 * width * (y + 1)), y * (1 + 3 * width) + 1);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const signature = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(lines, { level })),
    chunk('IEND', new Uint8Array(0)),
  ]);
}

function chunk(name: string, data: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  const checksum = Buffer.alloc(4);
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
