import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { failuresLater } from '../__fixtures__/failures-of.js';
import { checkTarballs } from './check-published.js';

const manifest = {
  name: '@minigpt4/core',
  version: '0.1.0',
  license: 'MIT',
  type: 'module',
  files: ['dist'],
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
};

/** What is said of a tarball with these files beside its manifest. */
async function published(files: Readonly<Record<string, string>>): Promise<string[]> {
  const tar = pack();
  const all = { 'package.json': JSON.stringify(manifest), ...files };
  for (const [path, text] of Object.entries(all)) tar.entry({ name: `package/${path}` }, text);
  tar.finalize();
  const bytes = await buffer(tar);
  const { failures } = await failuresLater(
    async ({ root, packages }) => {
      const path = join(root, 'core.tgz');
      writeFileSync(path, gzipSync(bytes));
      return checkTarballs([{ owner: packages[0]!, path, unpackedBytes: 0 }]);
    },
    { 'packages/core/package.json': manifest },
  );
  return failures;
}

const code = 'export const a = 1;';
const types = 'export declare const a: number;';

describe('checkTarballs', () => {
  it('accepts a package whose entry points and types are there', async () => {
    expect(await published({ 'dist/index.js': code, 'dist/index.d.ts': types })).toEqual([]);
  });

  it('reports an entry point that is not', async () => {
    const failures = await published({ 'dist/index.d.ts': types });
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain('packages/core/package.json: ');
    expect(failures[0]).toContain('./dist/index.js but the file does not exist');
  });

  it('reports types that import without an extension', async () => {
    const failures = await published({
      'dist/index.js': code,
      'dist/index.d.ts': "export { a } from './a';",
      'dist/a.d.ts': types,
    });
    expect(failures).toEqual([
      'packages/core/package.json: types of dist/index.d.ts under node16: InternalResolutionError. See InternalResolutionError of attw.',
    ]);
  });

  it('reports a package without types', async () => {
    const failures = await published({ 'dist/index.js': code });
    expect(failures.at(-1)).toBe('packages/core/package.json: no types in the tarball. See NoTypes of attw.');
  });
});
