import { array, assert, constantFrom, integer, oneof, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorCode } from '../test/error-code.js';
import { resolveShape } from '../test/sample.js';
import { addDims, divideDims, fixedDim, formatShape, multiplyDims, sameDims, type Dim } from './dims.js';

const name = constantFrom('batch', 'tokens', 'past');
const term = tuple(integer({ min: -4, max: 4 }), array(name, { maxLength: 2 })).map(([factor, names]) =>
  multiplyDims(factor, ...names),
);
/** Polynomials in three names. */
const dim = oneof(
  integer({ min: 0, max: 9 }).map((size): Dim => size),
  array(term, { minLength: 1, maxLength: 3 }).map(terms => addDims(...terms)),
);
const sizes = tuple(integer({ min: 1, max: 7 }), integer({ min: 1, max: 7 }), integer({ min: 1, max: 7 })).map(
  ([batch, tokens, past]) => ({ batch, tokens, past }),
);
const valueOf = (size: Dim, values: Record<string, number>) => resolveShape([size], values)[0]!;

describe('sizes as polynomials', () => {
  it('spells sums and products in one way', () => {
    expect(addDims('tokens', 'past')).toBe('past+tokens');
    expect(addDims('past+tokens', 3, 'past', 2)).toBe('2*past+5+tokens');
    expect(addDims(2, 3)).toBe(5);
    expect(addDims()).toBe(0);
    expect(multiplyDims('tokens', 4, 'batch')).toBe('4*batch*tokens');
    expect(multiplyDims('past+tokens', 'batch')).toBe('batch*past+batch*tokens');
    expect(multiplyDims()).toBe(1);
    expect(multiplyDims('batch', 0)).toBe(0);
  });

  it('keeps negative terms until they cancel', () => {
    const shorter = addDims('tokens', -5);
    expect(shorter).toBe('-5+tokens');
    expect(addDims(shorter, 5)).toBe('tokens');
    expect(addDims('tokens', multiplyDims(-1, 'tokens'))).toBe(0);
  });

  it('divides where the quotient is whole for every value of the names', () => {
    expect(divideDims('4*batch*tokens', 'batch')).toBe('4*tokens');
    expect(divideDims('batch*past+batch*tokens', 'past+tokens')).toBe('batch');
    expect(divideDims(12, 4)).toBe(3);
    expect(divideDims(0, 'batch')).toBe(0);
    expect(divideDims(0, 0)).toBe(1);
    expect(divideDims(12, 5)).toBeUndefined();
    expect(divideDims('batch', 'tokens')).toBeUndefined();
    expect(divideDims('past+tokens', 'past')).toBeUndefined();
    expect(divideDims('batch', 0)).toBeUndefined();
  });

  it('computes with names as with the numbers they stand for', () => {
    const law = property(dim, dim, sizes, (a, b, values) => {
      expect(valueOf(addDims(a, b), values)).toBe(valueOf(a, values) + valueOf(b, values));
      expect(valueOf(multiplyDims(a, b), values) + 0).toBe(valueOf(a, values) * valueOf(b, values) + 0);
    });
    assert(law, { seed: 1 });
  });

  it('spells equal polynomials equally, whatever the order they came in', () => {
    const law = property(array(dim, { maxLength: 4 }), dim, (terms, factor) => {
      expect(addDims(...terms.toReversed())).toBe(addDims(...terms));
      expect(multiplyDims(...terms.toReversed())).toBe(multiplyDims(...terms));
      const each = terms.map(one => multiplyDims(one, factor));
      expect(addDims(...each)).toBe(multiplyDims(addDims(...terms), factor));
    });
    assert(law, { seed: 2 });
  });

  it('divides what it has multiplied', () => {
    const law = property(dim, dim, (a, b) => {
      if (b !== 0) expect(divideDims(multiplyDims(a, b), b)).toBe(a);
    });
    assert(law, { seed: 3 });
  });

  it('never gives a quotient that does not multiply back', () => {
    const law = property(dim, dim, (a, b) => {
      const quotient = divideDims(a, b);
      if (quotient !== undefined && b !== 0) expect(multiplyDims(quotient, b)).toBe(a);
    });
    assert(law, { seed: 4 });
  });
});

describe('shapes', () => {
  it('tells whether two are the same', () => {
    expect(sameDims(['batch', 3], ['batch', 3])).toBe(true);
    expect(sameDims(['batch', 3], ['batch', 3, 1])).toBe(false);
    expect(sameDims(['batch', 3], ['tokens', 3])).toBe(false);
  });

  it('spells a shape', () => {
    expect(formatShape(['batch', 12, 'past+tokens'])).toBe('[batch, 12, past+tokens]');
    expect(formatShape([])).toBe('[]');
  });

  it('hands out fixed sizes and refuses others by name', () => {
    expect(fixedDim(7, 'patch')).toBe(7);
    expect(() => fixedDim('rows', 'patch')).toThrow(/^patch: .*"rows"/);
    expect(() => fixedDim(undefined, 'patch')).toThrow(/no such dimension/);
    expect(errorCode(() => fixedDim('rows', 'patch'))).toBe('SYMBOLIC_DIMENSION');
  });
});
