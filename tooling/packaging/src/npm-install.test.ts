import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { npmInstall, RegistryUnreachableError } from './npm-install.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'install-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('npmInstall', () => {
  it('tells a registry that does not answer from a package that is wrong', async () => {
    // nothing listens on the port for discarded traffic
    const args = ['--registry=http://127.0.0.1:9/', `--cache=${join(folder, 'cache')}`, '--fetch-retries=0'];
    const missing = npmInstall(folder, { dependencies: { 'left-out': '1.0.0' }, args });
    await expect(missing).rejects.toBeInstanceOf(RegistryUnreachableError);
    const notCached = npmInstall(folder, { dependencies: { 'left-out': '1.0.0' }, args: [...args, '--offline'] });
    await expect(notCached).rejects.toBeInstanceOf(RegistryUnreachableError);
    const wrong = npmInstall(folder, { dependencies: { 'left-out': 'file:./absent.tgz' }, args });
    await expect(wrong).rejects.toThrow(/npm install: exit code 0 expected, got \d+. npm said:\n.*ENOENT/s);
    await expect(wrong).rejects.not.toBeInstanceOf(RegistryUnreachableError);
  });
});
