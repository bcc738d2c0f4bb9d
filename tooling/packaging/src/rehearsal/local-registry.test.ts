import { describe, expect, it } from 'vitest';
import { startRegistry } from './local-registry.js';

const upstream = 'http://upstream.invalid/npm/';
const name = '@minigpt4/core';

const publication = (version: string): object => ({
  name,
  'dist-tags': { latest: version },
  versions: {
    [version]: { name, version, dist: { integrity: 'sha512-x', tarball: 'http://elsewhere.invalid/x.tgz' } },
  },
  _attachments: { 'core.tgz': { data: Buffer.from(`files of ${version}`).toString('base64') } },
});

async function publish(url: string, version: string): Promise<number> {
  const body = JSON.stringify(publication(version));
  // as npm spells the name of a package with a scope
  const { status } = await fetch(`${url}@minigpt4%2fcore`, { method: 'PUT', body });
  return status;
}

describe('startRegistry', () => {
  it('gives back what was published', async () => {
    await using registry = await startRegistry({ names: [name], upstream });
    expect(await publish(registry.url, '0.1.0')).toBe(201);
    expect(await publish(registry.url, '0.1.1')).toBe(201);

    const packument = await (await fetch(`${registry.url}@minigpt4%2fcore`)).json();
    expect(packument).toMatchObject({ name, 'dist-tags': { latest: '0.1.1' } });
    expect(Object.keys(packument.versions)).toEqual(['0.1.0', '0.1.1']);
    const { dist } = packument.versions['0.1.0'];
    expect(dist.integrity).toBe('sha512-x');
    expect(await (await fetch(dist.tarball)).text()).toBe('files of 0.1.0');
    expect(registry.published.get(name)?.map(({ version }) => version)).toEqual(['0.1.0', '0.1.1']);
  });

  it('takes a version once', async () => {
    await using registry = await startRegistry({ names: [name], upstream });
    await publish(registry.url, '0.1.0');
    expect(await publish(registry.url, '0.1.0')).toBe(403);
  });

  it('never asks upstream for what may be published here', async () => {
    await using registry = await startRegistry({ names: [name], upstream });
    expect((await fetch(`${registry.url}@minigpt4/core`)).status).toBe(404);
    await publish(registry.url, '0.1.0');
    expect((await fetch(`${registry.url}@minigpt4/core/-/0.2.0.tgz`)).status).toBe(404);
  });

  it.each(['sharp', '@minigpt4/core-extra', '@minigpt4/core-extra/-/core-extra-1.0.0.tgz'])(
    'sends the request for %s on',
    async path => {
      await using registry = await startRegistry({ names: [name], upstream });
      const { status, headers } = await fetch(registry.url + path, { redirect: 'manual' });
      expect(status).toBe(302);
      expect(headers.get('location')).toBe(upstream + path);
    },
  );

  it('answers only this machine', async () => {
    await using registry = await startRegistry({ names: [name], upstream });
    expect(new URL(registry.url).hostname).toBe('127.0.0.1');
  });
});
