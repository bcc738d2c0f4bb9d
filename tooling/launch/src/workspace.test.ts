import { describe, expect, it } from 'vitest';
import { withTree } from './__fixtures__/with-tree.js';
import { readWorkspace, withDependencies } from './workspace.js';

const manifest = (name: string, needs: Record<string, Record<string, string>> = {}) =>
  JSON.stringify({ name, ...needs });

const tree = {
  'packages/core/package.json': manifest('core'),
  'packages/graph/package.json': manifest('graph', { dependencies: { core: '*', 'from-npm': '1' } }),
  'packages/unrelated/package.json': manifest('unrelated'),
  'packages/no-package/readme.txt': '',
  'apps/chat/package.json': manifest('chat', { dependencies: { graph: '*' }, devDependencies: { config: '*' } }),
  'tooling/config/package.json': manifest('config'),
};

describe('readWorkspace', () => {
  it('finds each folder that holds a package.json', async () => {
    await withTree(tree, root => {
      const folders = [...readWorkspace(root)].map(([name, found]) => [name, found.folder]);
      expect(folders).toEqual([
        ['core', 'packages/core'],
        ['graph', 'packages/graph'],
        ['unrelated', 'packages/unrelated'],
        ['chat', 'apps/chat'],
        ['config', 'tooling/config'],
      ]);
    });
  });
});

describe('withDependencies', () => {
  it('follows dependencies of both kinds and leaves out the rest', async () => {
    await withTree(tree, root => {
      const names = withDependencies(readWorkspace(root), 'chat').map(({ name }) => name);
      expect(names).toEqual(['chat', 'graph', 'core', 'config']);
    });
  });
});
