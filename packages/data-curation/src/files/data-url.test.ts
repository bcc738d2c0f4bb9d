import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromDataUrl, toDataUrl } from './data-url.js';

describe('data URLs', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), bytes => {
        expect(fromDataUrl(toDataUrl(bytes, 'image/png'), 'x', bytes.length)).toEqual(bytes);
      }),
    );
  });

  it.each([
    ['https://example.org/a.png', 'REMOTE_IMAGE'],
    ['file:///etc/passwd', 'REMOTE_IMAGE'],
    ['data:image/png,%89PNG', 'REMOTE_IMAGE'],
    ['data:image/png;base64,', 'BAD_RECORD'],
    ['data:image/png;base64,a b', 'BAD_RECORD'],
    [`data:image/png;base64,${'A'.repeat(400)}`, 'TOO_LARGE'],
  ])('%s is %s', (url, code) => {
    expect(() => fromDataUrl(url, 'a.jsonl:1', 100)).toThrow(expect.objectContaining({ code }));
  });
});
