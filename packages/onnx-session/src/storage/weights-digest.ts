import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checkpoint } from '@minigpt4/checkpoint';
import type { MatrixFormatName } from './matrix-formats.js';

/** Matrices to be copied, and how. */
export type MatrixFormats = ReadonlyMap<string, MatrixFormatName>;

/** Raised when the same weights are written otherwise. */
const version = 1;

/** Elements that are in memory at once while a digest is made. */
const elementsAtOnce = 4 * 1024 * 1024;

/** Rows of each matrix that are read even where its digest is remembered. */
const sampledRows = 4;

/** Milliseconds after which a change to a file shows in its time of change, whatever the file system. */
const settledAge = 2000;

/** SHA-256 of matrices, their names, types and formats, in hexadecimal. All of them are read. */
export async function weightsDigest(checkpoint: Checkpoint, formats: MatrixFormats): Promise<string> {
  const hash = createHash('sha256').update(`version ${version}`);
  for (const [name, format] of formats) {
    const { dtype, shape } = checkpoint.info(name)!;
    hash.update(JSON.stringify([name, format, dtype, shape]));
    const [rows, columns] = shape as [number, number];
    const step = Math.max(1, Math.floor(elementsAtOnce / columns));
    for (let start = 0; start < rows; start += step) {
      const { data } = await checkpoint.readRows(name, start, Math.min(step, rows - start));
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  }
  return hash.digest('hex');
}

/**
 * {@link weightsDigest}, read from a small file in `folder` where it was made before: for files of the same paths, sizes
 * and times of change, whose tensors lie at the same places and have the same values in four rows of each. A file that
 * changed just now is not remembered.
 */
export async function rememberedDigest(
  checkpoint: Checkpoint,
  formats: MatrixFormats,
  folder: string,
): Promise<string> {
  const key = await layoutKey(checkpoint, formats);
  if (key === undefined) return weightsDigest(checkpoint, formats);
  const path = join(folder, `${key}.json`);
  const remembered = await readFile(path, 'utf8').then(parseDigest, () => undefined);
  if (remembered !== undefined) return remembered;
  const digest = await weightsDigest(checkpoint, formats);
  if ((await layoutKey(checkpoint, formats)) === key) await remember(path, digest);
  return digest;
}

/** What tells these files from others without all of their bytes being read; undefined where nothing does for sure. */
async function layoutKey(checkpoint: Checkpoint, formats: MatrixFormats): Promise<string | undefined> {
  const facts = await Promise.all(filesOf(checkpoint, [...formats.keys()]).map(fileFacts));
  if (facts.length === 0 || facts.includes(undefined)) return undefined;
  const hash = createHash('sha256').update(JSON.stringify([version, facts]));
  for (const [name, format] of formats) {
    const [{ dtype, shape, storedAs }, place] = [checkpoint.info(name)!, checkpoint.location(name)];
    hash.update(JSON.stringify([name, format, dtype, shape, storedAs, place?.file, place?.offset]));
    const last = shape[0]! - 1;
    for (let i = 0; i < sampledRows; i++) {
      const { data } = await checkpoint.readRows(name, Math.round((i * last) / (sampledRows - 1)), 1);
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  }
  return hash.digest('hex');
}

/** The files that matrices may lie in; those of packed ones, which have no place, are the checkpoint's own. */
function filesOf(checkpoint: Checkpoint, names: readonly string[]): string[] {
  const places = names.map(name => checkpoint.location(name)?.file);
  const own = places.includes(undefined) ? checkpoint.path.split(', ') : [];
  return [...new Set([...places.filter(file => file !== undefined), ...own])].sort();
}

async function fileFacts(file: string): Promise<string | undefined> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  if (found?.isFile() !== true || Date.now() - Number(found.mtimeMs) < settledAge) return undefined;
  return `${file} ${found.size} ${found.mtimeNs}`;
}

function parseDigest(text: string): string | undefined {
  return /^\{"digest":"([0-9a-f]{64})"\}\n$/.exec(text)?.[1];
}

/** Writes a digest for later loads, which can do without. */
async function remember(path: string, digest: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeFile(temporary, `${JSON.stringify({ digest })}\n`, { flag: 'wx' });
    await rename(temporary, path);
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}
