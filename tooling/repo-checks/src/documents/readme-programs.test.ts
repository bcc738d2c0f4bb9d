import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failuresLater, type Files } from '../__fixtures__/failures-of.js';
import { checkReadmePrograms } from './readme-programs.js';

const library = {
  compilerOptions: {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    customConditions: ['@minigpt4/source'],
  },
};

const program = (code: string): string => `# core\n\n\`\`\`ts\n${code}\n\`\`\`\n`;

const good: Files = {
  'tooling/tsconfig/library.json': library,
  'README.md': program("export const all: string = 'all';"),
  'packages/minigpt4/package.json': { name: 'minigpt4', type: 'module' },
  'packages/core/package.json': {
    name: '@minigpt4/core',
    type: 'module',
    exports: { '.': { '@minigpt4/source': './src/index.ts', default: './dist/index.js' } },
  },
  'packages/core/src/index.ts': 'export const double = (value: number): number => 2 * value;',
  'packages/core/README.md': program(
    "import { double } from '@minigpt4/core';\nexport const four: number = double(2);",
  ),
};

describe('checkReadmePrograms', () => {
  it('accepts programs that compile against the sources, and leaves nothing behind', async () => {
    const look = (root: string) => readdirSync(join(root, 'packages/core/.turbo'));
    const { failures, seen } = await failuresLater(checkReadmePrograms, good, look);
    expect(failures).toEqual([]);
    expect(seen).toEqual([]);
  });

  const cases = [
    {
      breaks: 'a wrong argument',
      code: "import { double } from '@minigpt4/core';\n\ndouble('2');",
      expected: "packages/core/README.md:6: error TS2345: Argument of type 'string' is not assignable",
    },
    {
      breaks: 'a name that is gone',
      code: "import { triple } from '@minigpt4/core';\ntriple(1);",
      expected: "packages/core/README.md:4: error TS2305: Module '\"@minigpt4/core\"' has no exported member 'triple'",
    },
  ];

  it.each(cases)('reports $breaks at its line', async ({ code, expected }) => {
    const files = { ...good, 'packages/core/README.md': program(code) };
    const { failures } = await failuresLater(checkReadmePrograms, files);
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain(expected);
  });

  it('has nothing to say where there are no programs', async () => {
    const { failures } = await failuresLater(checkReadmePrograms, { 'packages/core/package.json': { name: 'core' } });
    expect(failures).toEqual([]);
  });
});
