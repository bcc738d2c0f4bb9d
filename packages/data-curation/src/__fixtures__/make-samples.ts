import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import type { ImageTextSample } from '../image-text-sample.js';

const starts: Record<string, readonly number[]> = {
  png: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
  jpg: [0xff, 0xd8, 0xff, 0xe0],
  gif: [...Buffer.from('GIF89a')],
  webp: [...Buffer.from('RIFF0000WEBPVP8 ')],
};

/** Bytes that begin like a picture of a kind; what follows is the given text. */
export function fakeImage(kind: 'png' | 'jpg' | 'gif' | 'webp', text: string): Uint8Array {
  return Uint8Array.from([...starts[kind]!, ...Buffer.from(text)]);
}

/** A sample with a PNG of its own. */
export function makeSample(key: string, caption = `caption of ${key}`, metadata: Record<string, unknown> = {}): ImageTextSample {
  return { key, image: fakeImage('png', key), caption, metadata, source: 'made up' };
}

/** Runs with an empty folder that is removed afterwards. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'data-curation-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A member of a tar: name, contents, and type where it is no plain file. */
export type TarEntry = readonly [name: string, contents: Uint8Array | string, type?: 'symlink' | 'directory'];

/** The bytes of a tar, end marker included. */
export async function tarBytes(entries: readonly TarEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const [name, contents, type = 'file'] of entries) {
    if (type === 'file') tar.entry({ name, mtime: new Date(0) }, Buffer.from(contents));
    else tar.entry({ name, type, linkname: '/etc/passwd', mtime: new Date(0) });
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** All items of a stream. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}
