import { describe, expect, it } from 'vitest';
import { asFloat32, hostTensor, zeros } from './host-tensor.js';

describe('hostTensor', () => {
  it('keeps the array it is given', () => {
    const data = new Float32Array(6);
    const tensor = hostTensor('float32', [2, 3], data);
    expect(tensor.data).toBe(data);
    expect(tensor).toMatchObject({ dtype: 'float32', shape: [2, 3] });
    expect(hostTensor('int64', [], new BigInt64Array(1)).shape).toEqual([]);
    expect(hostTensor('bool', [3, 0], new Uint8Array(0)).shape).toEqual([3, 0]);
  });

  it.each([
    [[2, 3], 5],
    [[], 0],
    [[0], 1],
    [[-2, -3], 6],
    [[1.5, 4], 6],
    [[Number.NaN], 6],
  ])('refuses shape %j for %d elements', (shape, length) => {
    expect(() => hostTensor('float32', shape, new Float32Array(length))).toThrow(
      expect.objectContaining({
        code: 'SHAPE_MISMATCH',
        message: expect.stringContaining(`shape [${shape.join(', ')}], got ${length}`),
      }),
    );
  });
});

describe('zeros', () => {
  it('fills with zeros', () => {
    expect(zeros('int64', [2])).toEqual({ dtype: 'int64', shape: [2], data: new BigInt64Array(2) });
  });
});

describe('asFloat32', () => {
  it('gives float32 data itself, and others converted', () => {
    const data = new Float32Array([1]);
    expect(asFloat32(hostTensor('float32', [1], data))).toBe(data);
    expect(asFloat32(hostTensor('float16', [1], new Uint16Array([0xc000])))).toEqual(new Float32Array([-2]));
  });
});
