import { elementCount, rowMajorStrides, type Shape } from '@minigpt4/core';

/** True when elements with these strides lie in row-major order without holes; strides of dimensions of size 1 do not matter. */
export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  if (elementCount(shape) === 0) return true;
  const expected = rowMajorStrides(shape);
  return shape.every((size, i) => size === 1 || strides[i] === expected[i]);
}

/** Elements from the first to the last one that a strided tensor touches; 0 for an empty tensor. */
export function elementSpan(shape: Shape, strides: readonly number[]): number {
  if (elementCount(shape) === 0) return 0;
  return shape.reduce((span, size, i) => span + (size - 1) * strides[i]!, 1);
}

/** The bytes of a strided tensor as a row-major copy. `source` starts at the first element; `size` is bytes an element, 1, 2, 4 or 8. */
export function gatherRowMajor(source: Buffer, size: number, shape: Shape, strides: readonly number[]): Uint8Array {
  // eight bytes are moved as two words, because a double could change the bits of a NaN
  if (size === 8) return gatherRowMajor(source, 4, [...shape, 2], [...strides.map(stride => stride * 2), 1]);
  const count = elementCount(shape);
  const from = words(source, size);
  const to = words(Buffer.alloc(count * size), size);
  const inner = shape.at(-1) ?? 1;
  const innerStride = strides.at(-1) ?? 1;
  const position = shape.slice(1).map(() => 0);
  let start = 0;
  for (let written = 0; written < count; written += inner) {
    for (let i = 0; i < inner; i++) to[written + i] = from[start + i * innerStride]!;
    start += advance(position, shape, strides);
  }
  return new Uint8Array(to.buffer, to.byteOffset, to.byteLength);
}

/** Steps to the next row and says how far its first element lies from that of the last row. */
function advance(position: number[], shape: Shape, strides: readonly number[]): number {
  let step = 0;
  for (let i = position.length - 1; i >= 0; i--) {
    position[i]!++;
    step += strides[i]!;
    if (position[i]! < shape[i]!) break;
    step -= shape[i]! * strides[i]!;
    position[i] = 0;
  }
  return step;
}

function words(bytes: Buffer, size: number): Uint8Array | Uint16Array | Uint32Array {
  if (size === 1) return bytes;
  const count = bytes.byteLength / size;
  if (size === 2) return new Uint16Array(bytes.buffer, bytes.byteOffset, count);
  return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
}
