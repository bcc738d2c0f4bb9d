import { describe, expect, it } from 'vitest';
import { errorCode } from '../test/error-code.js';
import { broadcastAxes, broadcastShapes, sumToShape } from './broadcast.js';
import { input } from './tensor.js';

describe('broadcasting', () => {
  it.each([
    { a: [2, 3], b: [2, 3], together: [2, 3] },
    { a: [2, 3], b: [3], together: [2, 3] },
    { a: ['batch', 1, 4], b: [5, 1], together: ['batch', 5, 4] },
    { a: [], b: ['batch'], together: ['batch'] },
    { a: [1, 'tokens'], b: ['batch', 1], together: ['batch', 'tokens'] },
    { a: [0, 1], b: [1, 3], together: [0, 3] },
  ])('joins $a and $b', ({ a, b, together }) => {
    expect(broadcastShapes(a, b, 'here')).toEqual(together);
    expect(broadcastShapes(b, a, 'here')).toEqual(together);
  });

  it.each([
    { a: [2], b: [3] },
    { a: ['batch'], b: ['tokens'] },
    { a: ['batch', 3], b: [4, 3] },
  ])('refuses $a and $b, naming both', ({ a, b }) => {
    expect(errorCode(() => broadcastShapes(a, b, '/layer/Add'))).toBe('SHAPE_MISMATCH');
    expect(() => broadcastShapes(a, b, '/layer/Add')).toThrow(
      `/layer/Add: shapes do not broadcast, expected equal sizes or 1, got [${a.join(', ')}] and [${b.join(', ')}]`,
    );
  });

  it('finds the axes along which an operand was repeated', () => {
    expect(broadcastAxes([3], ['batch', 2, 3])).toEqual([0, 1]);
    expect(broadcastAxes([1, 3], ['batch', 3])).toEqual([0]);
    expect(broadcastAxes([1, 3], [1, 3])).toEqual([]);
    expect(broadcastAxes([], [4])).toEqual([0]);
  });

  it('sums back to the shape before, and does nothing where nothing was repeated', () => {
    const x = input('x', 'float32', ['batch', 5, 4]);
    expect(sumToShape(x, [5, 1]).shape).toEqual([5, 1]);
    expect(sumToShape(x, [1, 5, 4]).shape).toEqual([1, 5, 4]);
    expect(sumToShape(x, []).shape).toEqual([]);
    expect(sumToShape(x, ['batch', 5, 4])).toBe(x);
  });
});
