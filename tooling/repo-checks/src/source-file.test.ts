import { describe, expect, it } from 'vitest';
import { parseSource } from './source-file.js';

describe('parseSource', () => {
  it('finds every way of naming a module', () => {
    const text = `import a from 'a';
import type { B } from 'b';
export { c } from 'c';
const d = await import('d');
const e = require.resolve('e/package.json');
const f = import.meta.resolve("f");
type G = import('g').G;
const computed = await import(d);
`;
    const found = parseSource('packages/x/src/x.ts', text).imports.map(({ specifier, line }) => `${specifier}:${line}`);
    expect(found).toEqual(['a:1', 'b:2', 'c:3', 'd:4', 'e/package.json:5', 'f:6', 'g:7']);
  });

  it.each([
    ['packages/x/src/x.ts', false],
    ['packages/x/src/contest.ts', false],
    ['packages/x/src/x.test.ts', true],
    ['packages/x/src/__fixtures__/x.ts', true],
    ['packages/x/test/whole.ts', true],
  ])('knows whether %s is published', (path, isTest) => {
    expect(parseSource(path, '').isTest).toBe(isTest);
  });

  it('refuses what is not TypeScript', () => {
    expect(() => parseSource('packages/x/src/x.ts', 'const = 1')).toThrow(
      'packages/x/src/x.ts: valid TypeScript expected',
    );
  });
});
