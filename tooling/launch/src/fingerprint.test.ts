import { renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withTree } from './__fixtures__/with-tree.js';
import { fingerprintOfContent, fingerprintOfSize, fingerprintOfStat, listFiles } from './fingerprint.js';

const tree = { 'b.ts': 'bb', 'a/z.ts': 'z', 'a/skipped/x.ts': 'x' };
const files = ['a/z.ts', 'b.ts'];

describe('listFiles', () => {
  it('lists paths in order, without what is skipped', async () => {
    await withTree(tree, root => {
      expect(listFiles(root, name => name === 'skipped')).toEqual(files);
      expect(listFiles(join(root, 'absent'))).toEqual([]);
    });
  });
});

describe('fingerprints', () => {
  it.each([
    { of: 'content', take: fingerprintOfContent, seesTime: false, seesSameSize: true },
    { of: 'stat', take: fingerprintOfStat, seesTime: true, seesSameSize: true },
    { of: 'size', take: fingerprintOfSize, seesTime: false, seesSameSize: false },
  ])('$of changes with what it looks at and with nothing else', async ({ take, seesTime, seesSameSize }) => {
    await withTree(tree, root => {
      const first = take(root, files);
      expect(take(root, files)).toBe(first);

      utimesSync(join(root, 'b.ts'), 1, 1);
      expect(take(root, files) !== first).toBe(seesTime);

      writeFileSync(join(root, 'b.ts'), 'cc');
      const edited = take(root, files);
      expect(edited !== first).toBe(seesSameSize);

      writeFileSync(join(root, 'b.ts'), 'longer');
      expect(take(root, files)).not.toBe(edited);

      const before = take(root, files);
      renameSync(join(root, 'b.ts'), join(root, 'c.ts'));
      expect(take(root, files)).not.toBe(before);
    });
  });
});
