import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expectClose, sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { interpolatePositions } from './interpolate-positions.js';

const folder = sharedPath('goldens/nano');

function readSafetensors(path: string): Record<string, Float32Array> {
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
    string,
    { data_offsets: [number, number] }
  >;
  return Object.fromEntries(
    Object.entries(header).map(
      ([
        name,
        {
          data_offsets: [start, end],
        },
      ]) => [name, new Float32Array(Uint8Array.from(bytes.subarray(8 + length + start, 8 + length + end)).buffer)],
    ),
  );
}

function ramp(width: number, grid: number, value: (y: number, x: number, k: number) => number): Float32Array {
  const out = new Float32Array((1 + grid * grid) * width);
  for (let i = width; i < out.length; i++) {
    const patch = Math.floor(i / width) - 1;
    out[i] = value(Math.floor(patch / grid), patch % grid, i % width);
  }
  return out;
}

describe.skipIf(!folder)('interpolatePositions on goldens/nano', () => {
  it('equals torch', () => {
    const { vision, interpolation } = JSON.parse(readFileSync(join(folder!, 'config.json'), 'utf8')) as {
      vision: { img_size: number; patch_size: number; embed_dim: number };
      interpolation: { to_img_size: number };
    };
    const { from, to } = readSafetensors(join(folder!, 'interpolation.safetensors'));
    const out = interpolatePositions(from!, {
      width: vision.embed_dim,
      fromGrid: vision.img_size / vision.patch_size,
      toGrid: interpolation.to_img_size / vision.patch_size,
    });
    const largest = to!.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expectClose(out, to!, { absolute: 2e-6 * largest, relative: 0 });
  });
});

describe('interpolatePositions', () => {
  it('has the weights of a = -0.75 in one dimension', () => {
    // 2 to 4: positions -0.25, 0.25, 0.75, 1.25 with repeated borders; the kernel is -0.10546875 at 1.25 and -0.03515625 at 1.75
    const positions = ramp(1, 2, (_, x) => x);
    const out = interpolatePositions(positions, { width: 1, fromGrid: 2, toGrid: 4 });
    expectClose(out.subarray(1, 5), [-0.10546875, 0.2265625, 0.7734375, 1.10546875], { absolute: 1e-7, relative: 0 });
  });

  it('keeps the class token and, inside the borders, a straight slope', () => {
    const positions = ramp(3, 8, (y, x, k) => [y, x, 5][k]!);
    positions.set([7, 8, 9]);
    const out = interpolatePositions(positions, { width: 3, fromGrid: 8, toGrid: 4 });
    expect(out).toHaveLength((1 + 16) * 3);
    expect([...out.subarray(0, 3)]).toEqual([7, 8, 9]);
    const middle = (1 + 1 * 4 + 2) * 3;
    expectClose(out.subarray(middle, middle + 3), [2.5, 4.5, 5], { absolute: 1e-6, relative: 0 });
  });

  it('gives the same array for the same grid', () => {
    const positions = ramp(2, 3, () => 1);
    expect(interpolatePositions(positions, { width: 2, fromGrid: 3, toGrid: 3 })).toBe(positions);
  });

  it('names both sizes when they do not fit', () => {
    expect(() => interpolatePositions(new Float32Array(10), { width: 2, fromGrid: 3, toGrid: 4 })).toThrow(
      expect.objectContaining({
        code: 'SHAPE_MISMATCH',
        message: expect.stringMatching(/expected \(1 \+ 3 \* 3\) \* 2 .*got 10/),
      }),
    );
    expect(() => interpolatePositions(new Float32Array(20), { width: 2, fromGrid: 3, toGrid: 0 })).toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH' }),
    );
  });
});
