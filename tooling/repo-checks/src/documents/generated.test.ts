import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failuresLater, failuresOf, type Files } from '../__fixtures__/failures-of.js';
import { checkGenerated, writeGenerated } from './generated.js';

const entry = { '@minigpt4/source': './src/index.ts' };

const files: Files = {
  'README.md': 'before\n<!-- packages:start -->\nold\n<!-- packages:end -->\nafter\n',
  'tooling/repo-checks/budgets.json': {
    '@minigpt4/core': { dependencies: 1, unpackedBytes: 43_566 },
    minigpt4: { dependencies: 1, unpackedBytes: 17_393_139 },
  },
  'packages/core/package.json': {
    name: '@minigpt4/core',
    description: 'Host tensors.',
    exports: { '.': entry, './train': { '@minigpt4/source': './src/train.ts' } },
    dependencies: { 'pure-rand': '*' },
  },
  'packages/core/src/index.ts': "export { double, type Options } from './double.js';",
  'packages/core/src/double.ts':
    '/** Twice a {@link Number}. It is exact. */\nexport const double = 2;\n\n/**\n * What one may\n * choose\n *\n * and more\n */\nexport interface Options {}\n',
  'packages/core/README.md': 'Tensors. [Every export](API.md).\n',
  'packages/core/src/train.ts': "export { double } from './double.js';",
  'packages/qformer/package.json': { name: '@minigpt4/qformer', description: 'Queries.' },
  'packages/testing/package.json': { name: '@minigpt4/testing', private: true, description: 'Tests.' },
  'packages/minigpt4/package.json': {
    name: 'minigpt4',
    description: 'The whole.',
    exports: { '.': entry },
    dependencies: { '@minigpt4/core': '*' },
  },
  'packages/minigpt4/src/index.ts': "export { double } from '@minigpt4/core';",
  'packages/minigpt4/README.md': "```ts\nimport { double } from 'minigpt4';\n```\n\n[Every export](API.md).\n",
  'apps/chat/package.json': {
    name: '@minigpt4/chat',
    description: 'Chat.',
    dependencies: { minigpt4: '*', hono: '*' },
  },
};

const table = `before
<!-- packages:start -->
| package | what it gives | size | dependencies |
| --- | --- | ---: | ---: |
| [\`minigpt4\`](packages/minigpt4) | The whole. | 17 MB | 1 + 0 |
| [\`@minigpt4/qformer\`](packages/qformer) | Queries. |  | 0 + 0 |
| [\`@minigpt4/core\`](packages/core) | Host tensors. | 44 kB | 0 + 1 |
| [\`@minigpt4/chat\`](apps/chat) | Chat. |  | 1 + 1 |
<!-- packages:end -->
after
`;

const llms = `# MiniGPT-4 in TypeScript

> The whole.

ESM only, Node 20.19 or newer, types included. Each package is installed by itself; its README has a program and its output.

\`\`\`ts
import { double } from 'minigpt4';
\`\`\`

## Packages

- [minigpt4](https://www.npmjs.com/package/minigpt4): The whole.
- [@minigpt4/qformer](https://www.npmjs.com/package/@minigpt4/qformer): Queries.
- [@minigpt4/core](https://www.npmjs.com/package/@minigpt4/core): Host tensors.
- [@minigpt4/chat](https://www.npmjs.com/package/@minigpt4/chat): Chat.

## Names that can be imported

### minigpt4

- \`double\`: that of @minigpt4/core

### @minigpt4/core

- \`double\`: Twice a Number
- \`Options\`: What one may choose

### @minigpt4/core/train

- \`double\`: Twice a Number
`;

const coreApi = `# API of @minigpt4/core

Generated from the docstrings; what it is for and how it is used is in the [README](README.md).

## @minigpt4/core

### double

\`\`\`ts
const double = 2
\`\`\`

Twice a \`Number\`. It is exact.

### Options

\`\`\`ts
interface Options {}
\`\`\`

What one may
choose

and more

## @minigpt4/core/train

### double

\`\`\`ts
const double = 2
\`\`\`

Twice a \`Number\`. It is exact.
`;

describe('writeGenerated', () => {
  it('writes the table of packages and llms.txt, and the check then has nothing to say', async () => {
    const { failures, seen } = await failuresLater(
      async repository => {
        writeGenerated(repository);
        return checkGenerated(repository);
      },
      files,
      root =>
        ['README.md', 'packages/minigpt4/llms.txt', 'packages/core/API.md'].map(path =>
          readFileSync(join(root, path), 'utf8'),
        ),
    );
    expect(failures).toEqual([]);
    expect(seen).toEqual([table, llms, coreApi]);
  });

  it('writes a page of error codes', async () => {
    const source = "throw new MiniGPT4Error('BUSY', 'a: b, expected c, got d. E.');";
    const { seen } = await failuresLater(
      async repository => {
        writeGenerated(repository);
        return [];
      },
      { ...files, 'packages/core/src/busy.ts': source },
      root => readFileSync(join(root, 'packages/core/ERRORS.md'), 'utf8'),
    );
    const rows = seen?.split('\n').filter(line => line.startsWith('| `'));
    expect(rows).toEqual(['| `BUSY` | Too many questions at once. | Try again in a few seconds. | `@minigpt4/core` |']);
  });
});

describe('checkGenerated', () => {
  it('reports what is stale or absent', () => {
    expect(failuresOf(checkGenerated, files)).toEqual([
      'README.md: not as the sources would have it. Run npm run format.',
      'packages/minigpt4/llms.txt: not as the sources would have it. Run npm run format.',
      'packages/core/ERRORS.md: not as the sources would have it. Run npm run format.',
      'packages/core/API.md: not as the sources would have it. Run npm run format.',
      'packages/minigpt4/API.md: not as the sources would have it. Run npm run format.',
    ]);
  });

  it('wants a way from the README to the page of exports', async () => {
    const { failures } = await failuresLater(
      async repository => {
        writeGenerated(repository);
        return checkGenerated(repository);
      },
      { ...files, 'packages/core/README.md': 'Tensors.\n' },
    );
    expect(failures).toEqual(['packages/core/README.md: no link to API.md. Put one at its foot.']);
  });

  it('reports a README without a place for the table, and leaves it alone', async () => {
    const readme = 'no marks';
    const { failures, seen } = await failuresLater(
      async repository => {
        writeGenerated(repository);
        return checkGenerated(repository);
      },
      { ...files, 'README.md': readme },
      root => readFileSync(join(root, 'README.md'), 'utf8'),
    );
    expect(failures).toEqual([
      'README.md: <!-- packages:start --> … <!-- packages:end --> missing. Put them where the table belongs.',
    ]);
    expect(seen).toBe(readme);
  });

  it('notices a change of a description, and of a docstring', async () => {
    const { failures } = await failuresLater(async repository => {
      writeGenerated(repository);
      writeFileSync(join(repository.root, 'packages/minigpt4/llms.txt'), llms.replace('Twice', 'Half'));
      writeFileSync(join(repository.root, 'README.md'), table.replace('Queries.', 'Layers.'));
      return checkGenerated(repository);
    }, files);
    expect(failures).toHaveLength(2);
  });
});
