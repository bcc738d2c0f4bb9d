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
  'packages/minigpt4/README.md': "```ts\nimport { double } from 'minigpt4';\n```\n",
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

describe('writeGenerated', () => {
  it('writes the table of packages and llms.txt, and the check then has nothing to say', async () => {
    const { failures, seen } = await failuresLater(
      async repository => {
        writeGenerated(repository);
        return checkGenerated(repository);
      },
      files,
      root => [
        readFileSync(join(root, 'README.md'), 'utf8'),
        readFileSync(join(root, 'packages/minigpt4/llms.txt'), 'utf8'),
      ],
    );
    expect(failures).toEqual([]);
    expect(seen).toEqual([table, llms]);
  });
});

describe('checkGenerated', () => {
  it('reports what is stale or absent', () => {
    expect(failuresOf(checkGenerated, files)).toEqual([
      'README.md: not as the sources would have it. Run npm run format.',
      'packages/minigpt4/llms.txt: not as the sources would have it. Run npm run format.',
    ]);
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
