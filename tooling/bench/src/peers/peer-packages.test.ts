import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { importPeer, peersFolder, peerVersion } from './peer-packages.js';

const folder = await temporaryFolder();

describe('peersFolder', () => {
  it.each([
    [{ BENCH_PEERS: '/peers', XDG_CACHE_HOME: '/cache' }, '/peers'],
    [{ XDG_CACHE_HOME: '/cache' }, join('/cache', 'minigpt4', 'bench-peers')],
  ])('is where the environment says: %o', (environment, expected) => {
    expect(peersFolder(environment)).toBe(expected);
  });
});

describe('a package', () => {
  it('is not there at first', async () => {
    expect(await peerVersion('node-llama-cpp', folder)).toBeUndefined();
  });

  it('is found with its version and loaded', async () => {
    const place = join(folder, 'node-llama-cpp', 'node_modules', 'node-llama-cpp');
    await mkdir(join(place, 'dist'), { recursive: true });
    await writeFile(join(place, 'package.json'), '{ "version": "1.2.3", "type": "module" }');
    await writeFile(join(place, 'dist', 'index.js'), 'export const answer = 42;');
    expect(await peerVersion('node-llama-cpp', folder)).toBe('1.2.3');
    expect(await importPeer<{ answer: number }>('node-llama-cpp', folder)).toMatchObject({ answer: 42 });
  });
});
