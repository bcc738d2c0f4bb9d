import fc from 'fast-check';
import { sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { insideFolder, safeName } from './inside-folder.js';
import { keyToFileName, keyToMemberName } from './key-to-name.js';

describe('safeName', () => {
  it.each([
    ['a.jpg', 'a.jpg'],
    ['./a//b/./c.jpg', 'a/b/c.jpg'],
    ['..a/b..', '..a/b..'],
    ['../a', undefined],
    ['a/../../b', undefined],
    ['a/..', undefined],
    ['/etc/passwd', undefined],
    ['a\\b', undefined],
    ['C:a', undefined],
    ['a\0b', undefined],
    ['a\nb', undefined],
    ['', undefined],
    ['.', undefined],
  ])('%j gives %j', (name, safe) => {
    expect(safeName(name)).toBe(safe);
  });

  it('keeps every path inside the folder', () => {
    const part = fc.constantFrom('..', '.', '', 'a', '/', '\\', 'b.jpg', '...');
    fc.assert(
      fc.property(
        fc.array(part).map(parts => parts.join('/')),
        name => {
          // a refused name counts as the folder itself, which is inside
          const path = insideFolder(`${sep}set`, name) ?? `${sep}set${sep}`;
          expect(path.startsWith(`${sep}set${sep}`) && !path.split(sep).includes('..')).toBe(true);
        },
      ),
    );
  });
});

describe('keyToFileName', () => {
  it('leaves usual keys alone and escapes what a file system may refuse', () => {
    expect(keyToFileName('twemoji-03322')).toBe('twemoji-03322');
    expect(keyToFileName('é 猫')).toBe('é 猫');
    expect(keyToFileName('../a:b?\n')).toBe('%2E%2E%2Fa%3Ab%3F%0A');
  });

  it('gives safe names without a dot, different for different keys', () => {
    const key = fc.string({
      minLength: 1,
      maxLength: 20,
      unit: fc.constantFrom('.', '/', '%', '2', 'E', 'a', '\\', '\0'),
    });
    fc.assert(
      fc.property(key, key, (one, other) => {
        for (const toName of [keyToFileName, keyToMemberName]) {
          const name = toName(one);
          expect(safeName(name)).toBe(name);
          expect(name).not.toContain('.');
          expect(toName(other) === name).toBe(one === other);
        }
        expect(keyToFileName(one)).not.toContain('/');
      }),
    );
  });

  it.each(['', 'x'.repeat(201), '.'.repeat(67)])('refuses %j', key => {
    expect(() => keyToFileName(key)).toThrow(expect.objectContaining({ code: 'INVALID_KEY' }));
  });
});
