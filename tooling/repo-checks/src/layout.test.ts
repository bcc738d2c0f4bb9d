import { describe, expect, it } from 'vitest';
import { failuresOf, type Files } from './__fixtures__/failures-of.js';
import { checkLayout } from './layout.js';

const manifest = {
  name: '@minigpt4/core',
  description: 'Host tensors.',
  license: 'MIT',
  type: 'module',
  sideEffects: false,
  files: ['dist', 'src', '!src/**/*.test.ts', '!src/**/__fixtures__'],
  engines: { node: '>=20.19' },
  exports: {
    '.': { '@minigpt4/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json',
  },
  publishConfig: { access: 'public', provenance: true },
};

const good: Files = {
  '.changeset/config.json': '',
  '.ci/run': '',
  '.github/CONTRIBUTING.md': '',
  '.gitignore': 'node_modules/\ndist/\n*.tgz\n',
  LICENSE: '',
  'README.md': '',
  'package.json': '',
  'pnpm-lock.yaml': '',
  'pnpm-workspace.yaml': '',
  'turbo.json': '',
  'node_modules/x/index.js': '',
  'left.tgz': '',
  'packages/core/package.json': manifest,
  'packages/core/README.md': '',
  'packages/core/tsconfig.json': '',
  'packages/core/tsconfig.build.json': '',
  'packages/core/tsup.config.ts': '',
  'packages/core/vitest.config.ts': '',
  'packages/core/src/index.ts': '',
  'packages/core/src/a/b/deep-enough.ts': '',
  'packages/core/src/random.test.ts': '',
  'packages/core/src/__fixtures__/Original_Name.bin': '',
  'apps/chat/package.json': { ...manifest, private: true, exports: { './package.json': './package.json' } },
  'apps/chat/README.md': '',
  'apps/chat/tsconfig.json': '',
  'apps/chat/tsconfig.build.json': '',
  'apps/chat/tsup.config.ts': '',
  'apps/chat/vitest.config.ts': '',
  'apps/chat/src/main.ts': '',
  'apps/chat/src/main.test.ts': '',
  'tooling/lint/package.json': { name: 'lint', license: 'MIT', type: 'module' },
};

describe('checkLayout', () => {
  it('accepts the layout of the repository', () => {
    expect(failuresOf(checkLayout, good)).toEqual([]);
  });

  const core = 'packages/core';
  const withManifest = (change: object): Files => ({ [`${core}/package.json`]: { ...manifest, ...change } });
  const many = Array.from({ length: 12 }, (_, i) => [`${core}/src/part-${i}.ts`, ''] as const);

  const cases: readonly { breaks: string; files: Files; expected: string }[] = [
    {
      breaks: 'a new name at the top',
      files: { 'docs/a.md': '' },
      expected: 'docs: not one of the names at the top level',
    },
    { breaks: 'a name lost at the top', files: { LICENSE: undefined }, expected: 'LICENSE: missing at the top level' },
    { breaks: 'no README', files: { [`${core}/README.md`]: undefined }, expected: `${core}/README.md: missing` },
    { breaks: 'no test', files: { [`${core}/src/random.test.ts`]: undefined }, expected: `${core}: no test` },
    {
      breaks: 'a lost config file',
      files: { [`${core}/vitest.config.ts`]: undefined },
      expected: `${core}/vitest.config.ts: missing`,
    },
    {
      breaks: 'an app without main.ts',
      files: { 'apps/chat/src/main.ts': undefined },
      expected: 'apps/chat/src/main.ts: missing',
    },
    {
      breaks: 'another licence',
      files: withManifest({ license: 'ISC' }),
      expected: "license 'MIT' expected, got 'ISC'",
    },
    { breaks: 'no description', files: withManifest({ description: '' }), expected: 'description missing' },
    { breaks: 'no engines', files: withManifest({ engines: {} }), expected: 'engines.node missing' },
    {
      breaks: 'CommonJS',
      files: withManifest({ type: undefined }),
      expected: "type 'module' expected, got 'undefined'",
    },
    { breaks: 'side effects', files: withManifest({ sideEffects: true }), expected: 'sideEffects false expected' },
    {
      breaks: 'tests that ship',
      files: withManifest({ files: ['dist', 'src'] }),
      expected: 'files must hold dist, src',
    },
    {
      breaks: 'no provenance',
      files: withManifest({ publishConfig: { access: 'public' } }),
      expected: 'publishConfig incomplete',
    },
    {
      breaks: 'conditions in another order',
      files: withManifest({
        exports: {
          '.': { types: './dist/index.d.ts', '@minigpt4/source': './src/index.ts', default: './dist/index.js' },
          './package.json': './package.json',
        },
      }),
      expected:
        "exports '.': @minigpt4/source, types, default expected in this order, got types, @minigpt4/source, default",
    },
    {
      breaks: 'exports without package.json',
      files: withManifest({ exports: { '.': manifest.exports['.'] } }),
      expected: "exports must begin with '.' and end with './package.json'",
    },
    {
      breaks: 'an export of nothing',
      files: { [`${core}/src/index.ts`]: undefined },
      expected: `exports '.' points at ${core}/src/index.ts, which is absent`,
    },
    {
      breaks: 'deep folders',
      files: { [`${core}/src/a/b/c/x.ts`]: '' },
      expected: `${core}/src/a/b/c/x.ts: 3 folders below src, at most 2 expected`,
    },
    { breaks: 'a drawer', files: { [`${core}/src/utils/x.ts`]: '' }, expected: "'utils' is a drawer for anything" },
    { breaks: 'another case', files: { [`${core}/src/dType.ts`]: '' }, expected: "'dType.ts' is not kebab-case" },
    {
      breaks: 'a crowded folder',
      files: Object.fromEntries(many),
      expected: `${core}/src: 13 source files in one folder, at most 12 expected`,
    },
    {
      breaks: 'a long file',
      files: { [`${core}/src/index.ts`]: '\n'.repeat(400) + 'export {};' },
      expected: `${core}/src/index.ts: 401 lines, at most 400 expected`,
    },
  ];

  it.each(cases)('reports $breaks', ({ files, expected }) => {
    const failures = failuresOf(checkLayout, { ...good, ...files });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain(expected);
  });
});
