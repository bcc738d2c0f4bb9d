import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeBytePieces } from './byte-fallback.js';

const piecesOf = (bytes: Iterable<number>) =>
  Array.from(bytes, byte => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);

describe('mergeBytePieces', () => {
  it.each([
    [
      ['a', '<0xE2>', '<0x82>', '<0xAC>', 'b'],
      ['a', '\u20AC', 'b'],
    ],
    [
      ['<0xEF>', '<0xBB>', '<0xBF>', 'x'],
      ['\uFEFF', 'x'],
    ],
    [['<0xE2>', '<0x82>'], ['\uFFFD\uFFFD']],
    [
      ['<0xE2>', '<0x82>', 'a', '<0xAC>'],
      ['\uFFFD\uFFFD', 'a', '\uFFFD'],
    ],
    [['<0xFF>', '<0xE2>', '<0x82>', '<0xAC>', '<0xF0>'], ['\uFFFD\u20AC\uFFFD']],
    [['<0xC0>', '<0x80>'], ['\uFFFD\uFFFD']],
    [['<0xED>', '<0xA0>', '<0x80>'], ['\uFFFD\uFFFD\uFFFD']],
    [['<0x41>', '<0x0A>'], ['A\n']],
    [
      ['<0xGG>', '<0x4>', 'x<0x41>'],
      ['<0xGG>', '<0x4>', 'x<0x41>'],
    ],
    [[], []],
  ])('reads %j as %j', (pieces, expected) => {
    expect(mergeBytePieces(pieces)).toEqual(expected);
  });

  it('reads any text from its bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const wellFormed = new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));
        expect(mergeBytePieces(piecesOf(new TextEncoder().encode(text))).join('')).toBe(wellFormed);
      }),
    );
  });

  it('never changes text before the last three bytes when more bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ maxLength: 6 }), (first, more) => {
        const before = mergeBytePieces(piecesOf(first))
          .join('')
          .replace(/\uFFFD+$/, '');
        expect(
          mergeBytePieces(piecesOf([...first, ...more]))
            .join('')
            .startsWith(before),
        ).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
