import { describe, expect, it } from 'vitest';
import { failuresOf, type Files } from './__fixtures__/failures-of.js';
import { checkDocumentedExports } from './documented-exports.js';

const source = `import { join } from 'node:path';

/** One number as another. */
export function convert(value: number): number;
export function convert(value: string): number;
export function convert(value: number | string): number {
  return Number(value) + join.length;
}

/** How to convert. */
export interface ConvertOptions {
  /** Defaults to 10. */
  readonly base?: number;
}

/** What comes out. */
// a note to the reader of the code
export type Converted = number;

/** (first, last): both ends. */
export const first = 0,
  last = 9;

/** Wraps a number. */
class Box {}
export { Box };
`;

const index = `export { convert, first, last, Box as Wrapped, type ConvertOptions, type Converted } from './convert.js';
export { again } from './passes-on.js';
`;

const good: Files = {
  'packages/core/package.json': {
    name: '@minigpt4/core',
    exports: { '.': { '@minigpt4/source': './src/index.ts' }, './package.json': './package.json' },
  },
  'packages/core/src/index.ts': index,
  'packages/core/src/convert.ts': source,
  'packages/core/src/passes-on.ts': "export { convert as again } from './convert.js';",
};

describe('checkDocumentedExports', () => {
  it('finds docstrings of functions, overloads, types, constants, classes and passed-on names', () => {
    expect(failuresOf(checkDocumentedExports, good)).toEqual([]);
  });

  const without = (docstring: string): Files => ({ 'packages/core/src/convert.ts': source.replace(docstring, '') });
  const cases: readonly { breaks: string; files: Files; expected: readonly string[] }[] = [
    {
      breaks: 'a function without a docstring, once for each name it is exported by',
      files: without('/** One number as another. */\n'),
      expected: [
        'packages/core/src/convert.ts:3: convert is exported without a docstring. Say above it what one gets.',
        'packages/core/src/convert.ts:3: again is exported without a docstring. Say above it what one gets.',
      ],
    },
    {
      breaks: 'a plain comment in its place',
      files: { 'packages/core/src/convert.ts': source.replace('/** What comes out. */', '/* What comes out. */') },
      expected: [
        'packages/core/src/convert.ts:18: Converted is exported without a docstring. Say above it what one gets.',
      ],
    },
    {
      breaks: 'an empty docstring',
      files: { 'packages/core/src/convert.ts': source.replace('Wraps a number.', '') },
      expected: ['packages/core/src/convert.ts:25: Box is exported without a docstring. Say above it what one gets.'],
    },
    {
      breaks: 'an undocumented option',
      files: without('  /** Defaults to 10. */\n'),
      expected: [
        'packages/core/src/convert.ts:12: an option of ConvertOptions has no docstring. Say what it does, its unit and what it "Defaults to".',
      ],
    },
    {
      breaks: 'logic in an entry file',
      files: { 'packages/core/src/index.ts': `${index}export const answer = 42;\n` },
      expected: [
        'packages/core/src/index.ts:3: an entry file holds named re-exports only. Move the rest into a file of its own.',
      ],
    },
    {
      breaks: 'a name that is not there',
      files: { 'packages/core/src/index.ts': "export { lost } from './convert.js';" },
      expected: ['packages/core/src/index.ts:1: no declaration of lost in ./convert.js. Declare and export it there.'],
    },
    {
      breaks: 'an entry file without exports',
      files: { 'packages/core/src/index.ts': 'export {};' },
      expected: ['packages/core/src/index.ts: exports nothing. Re-export what the package is for.'],
    },
    {
      breaks: 'too many names',
      files: {
        'packages/core/src/index.ts': `export { ${Array.from({ length: 41 }, (_, i) => `x${i}`).join(', ')} } from 'zod';`,
      },
      expected: [
        'packages/core/src/index.ts: 41 exported values, at most 40 expected. Keep to yourself what users need not name.',
      ],
    },
  ];

  it.each(cases)('reports $breaks', ({ files, expected }) => {
    expect(failuresOf(checkDocumentedExports, { ...good, ...files })).toEqual(expected);
  });
});
