import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stubSurroundings } from '../../test/stub-surroundings.js';
import { downloadModel, isOnHub } from './download-model.js';

const commit = 'c'.repeat(40);
let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'download-model-'));
  vi.stubEnv('HF_HUB_CACHE', cache);
  vi.stubEnv('HF_HUB_OFFLINE', '1');
  const repository = join(cache, 'models--ada--words');
  await mkdir(join(repository, 'refs'), { recursive: true });
  await mkdir(join(repository, 'snapshots', commit), { recursive: true });
  await writeFile(join(repository, 'refs', 'main'), commit);
  await writeFile(join(repository, 'snapshots', commit, 'words.gguf'), 'GGUF');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

const download = (source: string) => downloadModel(source, stubSurroundings({ model: {} as never }));

describe('downloadModel', () => {
  it('gives the folder of a repository and the path of a file, at a revision', async () => {
    const folder = join(cache, 'models--ada--words', 'snapshots', commit);
    expect(await download('hf:ada/words')).toBe(folder);
    expect(await download('hf:ada/words/words.gguf')).toBe(join(folder, 'words.gguf'));
    expect(await download(`hf:ada/words@${commit}/words.gguf`)).toBe(join(folder, 'words.gguf'));
    await expect(download('hf:ada/words@v2/words.gguf')).rejects.toMatchObject({ code: 'HUB_OFFLINE' });
  });

  it.each(['hf:', 'hf:ada', 'hf:/words', 'hf:ada/words@', 'hf:ada/words/'])('refuses %s', async source => {
    await expect(download(source)).rejects.toMatchObject({ code: 'INVALID_FLAG' });
  });

  it('knows which models are there', () => {
    expect([isOnHub('hf:ada/words'), isOnHub('tiny'), isOnHub('models/hf')]).toEqual([true, false, false]);
  });
});
