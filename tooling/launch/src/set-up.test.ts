import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { withTree } from './__fixtures__/with-tree.js';
import { build, install } from './set-up.js';

const tree = {
  'package.json': JSON.stringify({ packageManager: 'pnpm@1.2.3' }),
  'pnpm-lock.yaml': '',
  'pnpm-workspace.yaml': '',
  'turbo.json': '{}',
  'packages/core/package.json': JSON.stringify({ name: 'core' }),
  'packages/core/src/core.ts': '1',
  'packages/core/src/core.test.ts': '1',
  'packages/other/package.json': JSON.stringify({ name: 'other' }),
  'packages/other/src/other.ts': '1',
  'apps/chat/package.json': JSON.stringify({ name: 'chat', dependencies: { core: '*' } }),
  'apps/chat/src/main.ts': '1',
  'apps/chat/README.md': '1',
  'tooling/none.txt': '',
};

// stands in for npx: notes what it is asked and leaves what pnpm and turbo would
const npx = `#!/bin/sh
echo "$*" >> npx.log
case "$*" in
  *fails*) exit 1 ;;
  *install*) mkdir -p node_modules apps/chat/node_modules; : > node_modules/.modules.yaml ;;
  *build*) mkdir -p packages/core/dist apps/chat/dist; echo built > apps/chat/dist/main.js ;;
esac
`;

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Runs a test in a small repository; `calls` gives the commands run since it was last asked. */
async function withRepository(test: (root: string, calls: () => string[]) => Promise<void>): Promise<void> {
  await withTree({ ...tree, 'bin/npx': npx }, async root => {
    chmodSync(join(root, 'bin/npx'), 0o755);
    vi.stubEnv('PATH', join(root, 'bin') + delimiter + process.env['PATH']);
    const log = join(root, 'npx.log');
    await test(root, () => {
      const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
      rmSync(log, { force: true });
      return lines.map(line => (/ (install|build) /.exec(line) ?? [])[1] ?? line);
    });
  });
}

describe.skipIf(process.platform === 'win32')('set-up (needs a shell)', () => {
  it('installs and builds once', async () => {
    await withRepository(async (root, calls) => {
      await build(root, 'chat');
      expect(calls()).toEqual(['install', 'build']);
      await build(root, 'chat');
      await install(root);
      expect(calls()).toEqual([]);
    });
  });

  it('asks for the pinned pnpm and for no more than the package and what it needs', async () => {
    await withRepository(async root => {
      await build(root, 'chat');
      const [installed, built] = readFileSync(join(root, 'npx.log'), 'utf8').split('\n');
      expect(installed).toBe('--yes --prefer-offline pnpm@1.2.3 install --frozen-lockfile');
      expect(built).toMatch(/^--yes --prefer-offline pnpm@1\.2\.3 exec turbo run build .*--filter=chat\.\.\./);
    });
  });

  it.each([
    { change: 'apps/chat/src/main.ts', expected: ['build'] },
    { change: 'packages/core/src/core.ts', expected: ['build'] },
    { change: 'packages/core/src/new.ts', expected: ['build'] },
    { change: 'apps/chat/dist/main.js', expected: ['build'] },
    { change: 'turbo.json', expected: ['build'] },
    { change: 'packages/other/src/other.ts', expected: [] },
    { change: 'packages/core/src/core.test.ts', expected: [] },
    { change: 'apps/chat/README.md', expected: [] },
    { change: 'pnpm-lock.yaml', expected: ['install', 'build'] },
    { change: 'pnpm-workspace.yaml', expected: ['install'] },
  ])('after a change of $change runs $expected', async ({ change, expected }) => {
    await withRepository(async (root, calls) => {
      await build(root, 'chat');
      calls();
      writeFileSync(join(root, change), 'something longer');
      await build(root, 'chat');
      expect(calls()).toEqual(expected);
    });
  });

  it('installs again for a new package and for lost modules', async () => {
    await withRepository(async (root, calls) => {
      await install(root);
      mkdirSync(join(root, 'packages/added'));
      writeFileSync(join(root, 'packages/added/package.json'), JSON.stringify({ name: 'added' }));
      await install(root);
      expect(calls()).toEqual(['install', 'install']);
      rmSync(join(root, 'apps/chat/node_modules'), { recursive: true });
      await install(root);
      expect(calls()).toEqual(['install']);
    });
  });

  it('does not take a failed build for done', async () => {
    await withRepository(async (root, calls) => {
      writeFileSync(join(root, 'bin/npx'), npx.replace('fails', 'build'));
      const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      await expect(build(root, 'chat')).rejects.toThrow('building chat: exit code 0 expected, got 1');
      write.mockRestore();
      writeFileSync(join(root, 'bin/npx'), npx);
      await build(root, 'chat');
      expect(calls()).toEqual(['install', 'build', 'build']);
    });
  });
});
