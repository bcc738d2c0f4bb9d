import { createWriteStream } from 'node:fs';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sharedPath } from '@minigpt4/testing';
import { weightsDirectory } from '@minigpt4/tiny';
import { pack } from 'tar-stream';
import { drawRiceCracker } from './draw-rice-cracker.js';

/** Files that programs of READMEs may read, in one folder. */
export interface WorkingFiles {
  readonly folder: string;
  readonly names: readonly string[];
  /** Those that only stand in for what the README was written with: the output is then another. */
  readonly standIns: readonly string[];
}

/** Pictures, by the names that READMEs give them; all are the same drawing. */
const pictures = ['rice-cracker.webp', 'emoji.webp'];

/** Makes the files: those of the tiny model, drawn pictures, captioned ones, and the emoji set or drawings in its layout. */
export async function makeWorkingFiles(folder: string): Promise<WorkingFiles> {
  await mkdir(folder);
  const weights = weightsDirectory();
  for (const name of await readdir(weights)) await symlink(join(weights, name), join(folder, name));
  const picture = await drawRiceCracker();
  for (const name of pictures) await writeFile(join(folder, name), picture);
  await writeCaptioned(join(folder, 'my-pictures'), picture);

  const emoji = sharedPath('data/emoji');
  if (emoji === undefined) await writeSmallSet(join(folder, 'emoji'), picture);
  else await symlink(emoji, join(folder, 'emoji'));
  return { folder, names: await readdir(folder), standIns: emoji === undefined ? ['emoji/'] : [] };
}

/** Makes a folder in which a program finds the files and may write its own. */
export async function enterFiles({ folder, names }: WorkingFiles, into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  for (const name of names) await symlink(join(folder, name), join(into, name));
}

async function writeCaptioned(folder: string, picture: Buffer): Promise<void> {
  await mkdir(folder);
  for (const name of ['first', 'second']) {
    await writeFile(join(folder, `${name}.webp`), picture);
    await writeFile(join(folder, `${name}.txt`), `the ${name} rice cracker`);
  }
}

// as many samples a shard as it takes for a program to ask for the thousandth
const samplesPerShard = 201;

async function writeSmallSet(folder: string, picture: Buffer): Promise<void> {
  await mkdir(folder);
  for (let shard = 0; shard < 5; shard++) {
    const tar = pack();
    for (let i = 0; i < samplesPerShard; i++) {
      const key = `drawing-${shard * samplesPerShard + i}`;
      tar.entry({ name: `${key}.webp` }, picture);
      tar.entry({ name: `${key}.json` }, JSON.stringify({ caption: 'rice cracker', license: 'MIT' }));
    }
    tar.finalize();
    await pipeline(tar, createWriteStream(join(folder, `stage1-00000${shard}.tar`)));
  }
}
