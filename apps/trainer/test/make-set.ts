import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from '@minigpt4/core';
import { type ImageTextSample, writeWebDataset } from '@minigpt4/data-curation';
import sharp from 'sharp';
import { afterAll } from 'vitest';

/** A folder for the test file that calls it, removed at its end. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trainer-test-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const captions = ['a red house', 'small dog', 'The sun, and a tree on a hill behind it!', 'fish', 'two cups of tea'];

/** Samples with pictures of coloured noise, the same for the same count. */
export async function makeSamples(count: number): Promise<ImageTextSample[]> {
  const stream = random(count);
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const data = Uint8Array.from({ length: 8 * 8 * 3 }, () => stream.integer(256));
      const image = new Uint8Array(
        await sharp(data, { raw: { width: 8, height: 8, channels: 3 } })
          .png()
          .toBuffer(),
      );
      const key = `picture-${String(i).padStart(3, '0')}`;
      return { key, image, caption: captions[i % captions.length]!, metadata: {}, source: key };
    }),
  );
}

/** Writes {@link makeSamples} as one tar, with damaged ones in between if asked for, and returns its path. */
export async function makeTar(folder: string, count: number, damaged: readonly number[] = []): Promise<string> {
  const samples = await makeSamples(count);
  const broken = samples.map((sample, i) =>
    damaged.includes(i) ? { ...sample, image: sample.image.slice(0, 60) } : sample,
  );
  const [shard] = await writeWebDataset(broken, { folder, name: `set-${count}-${damaged.join('-')}`, overwrite: true });
  return shard!.path;
}
