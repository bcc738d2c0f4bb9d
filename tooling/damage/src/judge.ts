import { readFile } from 'node:fs/promises';
import {
  type Checkpoint,
  openCheckpoint,
  type TensorInfo,
  type TensorLocation,
  verifyCheckpoint,
} from '@minigpt4/checkpoint';
import { isMiniGPT4Error } from '@minigpt4/core';
import type { ByteRange } from './damage-bytes.js';
import type { Original } from './originals.js';

/** What became of a damaged copy. */
export type Verdict =
  /** Every tensor is there and equals that of the original. */
  | { readonly kind: 'whole' }
  /** An error of ours says so. */
  | { readonly kind: 'refused'; readonly code: string }
  /** The elements that were damaged read as what they are now: the format has no checksum for them. */
  | { readonly kind: 'data unseen' }
  /** Names, types or places were damaged into others that fit as well: the format has no checksum for them. */
  | { readonly kind: 'meaning unseen' }
  /** What must not be: another error, or a tensor that is wrong without such an excuse. */
  | { readonly kind: 'violation'; readonly what: string };

interface Known {
  readonly info: TensorInfo;
  readonly location: TensorLocation | undefined;
  readonly bytes: Buffer;
}

/** The file that was damaged. */
export interface DamagedFile {
  readonly file: string;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** Knows an original by heart and judges what copies of it read as. */
export class Judge {
  readonly #path: string;
  readonly #format: Checkpoint['format'];
  readonly #tensors: ReadonlyMap<string, Known>;

  private constructor({ path, format }: Checkpoint, tensors: ReadonlyMap<string, Known>) {
    this.#path = path;
    this.#format = format;
    this.#tensors = tensors;
  }

  /** Reads the whole original, which is to be damaged in its place. */
  static async of({ path }: Original): Promise<Judge> {
    await using checkpoint = await openCheckpoint(path);
    const tensors = new Map<string, Known>();
    for (const name of checkpoint.names()) {
      const { data } = await checkpoint.read(name);
      tensors.set(name, { info: checkpoint.info(name)!, location: checkpoint.location(name), bytes: bytesOf(data) });
    }
    return new Judge(checkpoint, tensors);
  }

  /** The bytes of a file that lie between its tensors. */
  structureOf(file: string, length: number): ByteRange[] {
    const places = [...this.#tensors.values()]
      .flatMap(({ location }) => (location?.file === file ? [location] : []))
      .sort((a, b) => a.offset - b.offset);
    // packed tensors have no place that is told, and nothing but tensors follows the first one
    if (this.#format === 'gguf') return [{ start: 0, end: places[0]?.offset ?? length }];
    const ranges: ByteRange[] = [];
    let end = 0;
    for (const place of places) {
      if (place.offset > end) ranges.push({ start: end, end: place.offset });
      end = Math.max(end, place.offset + place.length);
    }
    return end < length ? [...ranges, { start: end, end: length }] : ranges;
  }

  /** Loads as a model does: opens, holds names and shapes against the list that is expected, reads every tensor. */
  async load(damaged: DamagedFile): Promise<Verdict> {
    try {
      await using checkpoint = await openCheckpoint(this.#path);
      verifyCheckpoint(
        checkpoint,
        [...this.#tensors.values()].map(({ info }) => info),
      );
      return await this.#compare(checkpoint, damaged);
    } catch (error) {
      return refusal(error);
    }
  }

  async #compare(checkpoint: Checkpoint, damaged: DamagedFile): Promise<Verdict> {
    let verdict: Verdict = { kind: 'whole' };
    let refused: Verdict | undefined;
    for (const [name, known] of this.#tensors) {
      try {
        const { data } = await checkpoint.read(name);
        const found = this.#difference({ known, info: checkpoint.info(name)!, bytes: bytesOf(data) }, damaged);
        if (found.kind === 'violation') return found;
        if (found.kind !== 'whole' && verdict.kind !== 'meaning unseen') verdict = found;
      } catch (error) {
        refused ??= refusal(error);
        if (refused.kind === 'violation') return refused;
      }
    }
    return refused ?? verdict;
  }

  #difference(read: { known: Known; info: TensorInfo; bytes: Buffer }, damaged: DamagedFile): Verdict {
    const { known, info, bytes } = read;
    const sameInfo = JSON.stringify(known.info) === JSON.stringify(info);
    if (sameInfo && known.bytes.equals(bytes)) return { kind: 'whole' };
    const { name } = info;
    if (hasChecksums(damaged.before)) return violation(`${name} reads wrong from a file with checksums`);
    if (sameInfo && ownBytesChanged(known.location, damaged)) return { kind: 'data unseen' };
    if (this.#structureChanged(damaged)) return { kind: 'meaning unseen' };
    // a view without a place of its own, in a storage that was damaged
    if (sameInfo && !known.location) return { kind: 'data unseen' };
    return violation(`${name} reads wrong, and nothing that says how to read it was damaged`);
  }

  #structureChanged({ file, before, after }: DamagedFile): boolean {
    if (before.length !== after.length) return true;
    return this.structureOf(file, before.length).some(
      ({ start, end }) => !before.subarray(start, end).equals(after.subarray(start, end)),
    );
  }
}

function ownBytesChanged(location: TensorLocation | undefined, { file, before, after }: DamagedFile): boolean {
  if (location?.file !== file) return false;
  const { offset, length } = location;
  return !before.subarray(offset, offset + length).equals(after.subarray(offset, offset + length));
}

function hasChecksums(file: Buffer): boolean {
  return file.toString('latin1', 0, 2) === 'PK';
}

/** An error as a verdict: ours refuses, another one is a violation. */
export function refusal(error: unknown): Verdict {
  if (isMiniGPT4Error(error) && error.code !== '') return { kind: 'refused', code: error.code };
  return violation(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}

function violation(what: string): Verdict {
  return { kind: 'violation', what };
}

function bytesOf({ buffer, byteOffset, byteLength }: NodeJS.ArrayBufferView): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** The contents of a file that is damaged over and over. */
export async function contentsOf(
  judge: Judge,
  file: string,
): Promise<{ file: string; bytes: Buffer; structure: ByteRange[] }> {
  const bytes = await readFile(file);
  return { file, bytes, structure: judge.structureOf(file, bytes.length) };
}
