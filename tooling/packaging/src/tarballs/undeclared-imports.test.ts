import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageOf, undeclaredImports } from './undeclared-imports.js';

describe('undeclaredImports', () => {
  it('names what the code and the types import without declaring it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'imports-'));
    const files = {
      'package.json': JSON.stringify({ name: 'a', dependencies: { b: '*' }, peerDependencies: { '@c/d': '*' } }),
      'dist/index.js':
        "import 'b/sub';\nimport './other.js';\nimport 'node:fs';\nimport 'path';\nimport 'a';\nawait import('@c/d');",
      'dist/deep/other.js': "export { x } from 'sharp/x';",
      'dist/index.d.ts': "export declare const y: import('@types/z').Y;",
      'src/index.ts': "import 'never-looked-at';",
    };
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    expect(await undeclaredImports(folder)).toEqual(['deep/other.js: sharp/x', 'index.d.ts: @types/z']);
    await rm(folder, { recursive: true });
  });
});

describe('packageOf', () => {
  it.each([
    ['sharp', 'sharp'],
    ['hono/streaming', 'hono'],
    ['@minigpt4/projection/train', '@minigpt4/projection'],
    ['node:fs', undefined],
    ['fs/promises', undefined],
    ['./a.js', undefined],
  ])('%s belongs to %s', (specifier, name) => {
    expect(packageOf(specifier)).toBe(name);
  });
});
