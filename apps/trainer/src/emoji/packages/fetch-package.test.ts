import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { integrityOf, makeTarball } from '../__fixtures__/fake-packages.js';
import { fetchPackage } from './fetch-package.js';
import type { Pack } from './npm-pack.js';
import { readTarball } from './read-tarball.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'minigpt4-packages-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const name = 'art-noto-1.2.3.tgz';

async function wantedPackage() {
  const bytes = await makeTarball({ 'icons.json': '{}', 'README.md': 'no' });
  const asked: string[] = [];
  const pack: Pack = async (spec, target) => {
    asked.push(spec);
    await writeFile(join(target, 'whatever.tgz'), bytes);
  };
  return { bytes, asked, pack, pinned: { name: '@art/noto', version: '1.2.3', integrity: integrityOf(bytes) } };
}

describe('fetchPackage', () => {
  it('fetches once and keeps the tarball', async () => {
    const { bytes, asked, pack, pinned } = await wantedPackage();
    expect(await fetchPackage(pinned, { folder, pack })).toEqual({
      path: join(folder, name),
      bytes: bytes.length,
      downloaded: true,
    });
    expect(await fetchPackage(pinned, { folder, pack })).toMatchObject({ downloaded: false });
    expect(asked).toEqual(['@art/noto@1.2.3']);
    expect(await readdir(folder)).toEqual([name]);
    expect([...(await readTarball(join(folder, name), path => path.endsWith('.json'))).keys()]).toEqual(['icons.json']);
  });

  it('fetches again what is damaged', async () => {
    const { pack, pinned } = await wantedPackage();
    await writeFile(join(folder, name), 'half');
    expect(await fetchPackage(pinned, { folder, pack })).toMatchObject({ downloaded: true });
  });

  it('refuses other bytes than the pinned ones and keeps nothing of them', async () => {
    const { pinned } = await wantedPackage();
    const pack: Pack = async (_, target) => writeFile(join(target, 'x.tgz'), 'other');
    await expect(fetchPackage(pinned, { folder, pack })).rejects.toMatchObject({
      code: 'PACKAGE_ALTERED',
      message: expect.stringContaining(pinned.integrity) as unknown,
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('says what to do without a network', async () => {
    const { pinned } = await wantedPackage();
    const pack: Pack = () => Promise.reject(new Error('ENOTFOUND: no such host'));
    await expect(fetchPackage(pinned, { folder, pack })).rejects.toMatchObject({
      code: 'PACKAGE_UNAVAILABLE',
      message: expect.stringMatching(
        /got ENOTFOUND: no such host\. Connect to the network .* or put art-noto-1\.2\.3\.tgz into/,
      ) as unknown,
    });
    const nothing: Pack = () => Promise.resolve();
    await expect(fetchPackage(pinned, { folder, pack: nothing })).rejects.toMatchObject({
      code: 'PACKAGE_UNAVAILABLE',
    });
  });
});

describe('readTarball', () => {
  it('names a file that is no tarball', async () => {
    await writeFile(join(folder, 'broken.tgz'), 'not gzip');
    await expect(readTarball(join(folder, 'broken.tgz'), () => true)).rejects.toMatchObject({
      code: 'PACKAGE_UNREADABLE',
    });
    const whole = await makeTarball({ 'a.json': 'x'.repeat(5000) });
    await writeFile(join(folder, 'cut.tgz'), whole.subarray(0, whole.length - 20));
    await expect(readTarball(join(folder, 'cut.tgz'), () => true)).rejects.toMatchObject({
      code: 'PACKAGE_UNREADABLE',
    });
  });
});
