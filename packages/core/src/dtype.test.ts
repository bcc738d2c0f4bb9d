import { describe, expect, it } from 'vitest';
import { allocate, byteSize, type DType, viewAs } from './dtype.js';

const dtypes: readonly (readonly [DType, number, unknown])[] = [
  ['float64', 8, Float64Array],
  ['float32', 4, Float32Array],
  ['float16', 2, Uint16Array],
  ['bfloat16', 2, Uint16Array],
  ['int64', 8, BigInt64Array],
  ['int32', 4, Int32Array],
  ['int16', 2, Int16Array],
  ['int8', 1, Int8Array],
  ['uint8', 1, Uint8Array],
  ['bool', 1, Uint8Array],
];

describe('dtypes', () => {
  it.each(dtypes)('%s takes %d bytes in its typed array', (dtype, size, array) => {
    expect(byteSize(dtype)).toBe(size);
    const data = allocate(dtype, 3);
    expect(data).toBeInstanceOf(array);
    expect([data.length, data.byteLength]).toEqual([3, 3 * size]);
  });
});

describe('viewAs', () => {
  it('shares aligned bytes', () => {
    const bytes = new Uint8Array(8);
    const view = viewAs(bytes.subarray(4), 'float32');
    view[0] = 1;
    expect([...bytes]).toEqual([0, 0, 0, 0, 0, 0, 0x80, 0x3f]);
  });

  it.each([
    ['a Uint8Array', Uint8Array.from([9, 0, 0, 0x80, 0x3f])],
    ['a Buffer, whose slice would not copy', Buffer.from(new Uint8Array([9, 0, 0, 0x80, 0x3f]).buffer)],
  ])('copies the misaligned bytes of %s', (_, bytes) => {
    const view = viewAs(bytes.subarray(1), 'float32');
    expect([...view]).toEqual([1]);
    bytes[4] = 0;
    expect([...view]).toEqual([1]);
  });

  it('refuses a part of an element', () => {
    expect(() => viewAs(new Uint8Array(6), 'float32')).toThrow(
      expect.objectContaining({
        code: 'BYTE_LENGTH',
        message: expect.stringContaining('a multiple of 4 bytes, got 6'),
      }),
    );
  });
});
