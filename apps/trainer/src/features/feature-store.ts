import { mkdir, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMiniGPT4Error, MiniGPT4Error } from '@minigpt4/core';
import { type FeatureShape, type FeatureShard, openShard, writeShard } from './feature-shard.js';

/** How a store is opened. */
export interface FeatureStoreOptions {
  /** Bytes of features that are kept in memory; a larger store reads each picture's from disk. Defaults to 1 GiB. */
  readonly memoryBytes?: number;
  /** Is told of shards that are damaged and were set aside. */
  readonly onWarning?: (message: string) => void;
}

/** Pictures that are written as one shard: what a kill can lose. */
const picturesPerShard = 2048;

/**
 * Features of pictures on disk, by their pixels: a folder of safetensors shards that belong to one encoder. Each shard is
 * whole or absent, so that a run that was killed goes on where the last shard ended.
 */
export class FeatureStore {
  readonly #places = new Map<string, { readonly shard: FeatureShard; readonly row: number }>();
  readonly #pixelsOfFile = new Map<string, string>();
  readonly #waiting = new Map<string, Float32Array>();
  readonly #waitingFiles = new Map<string, string>();

  private constructor(
    readonly folder: string,
    readonly shape: FeatureShape,
    private room: number,
  ) {}

  /**
   * Opens a folder, making it where it is absent. Damaged shards are renamed to `.damaged`, reported and left out.
   * @throws `FEATURES_MISMATCH` for a folder of another encoder, `FEATURES_UNWRITABLE`
   */
  static async open(
    folder: string,
    shape: FeatureShape,
    { memoryBytes = 2 ** 30, onWarning }: FeatureStoreOptions = {},
  ): Promise<FeatureStore> {
    const store = new FeatureStore(folder, shape, memoryBytes);
    for (const path of await shardsIn(folder)) {
      try {
        await store.#include(path);
      } catch (error) {
        if (!isMiniGPT4Error(error) || error.code === 'FEATURES_MISMATCH') throw error;
        await rename(path, `${path}.damaged`);
        onWarning?.(`${error.message} (${error.code}) Renamed to .damaged.`);
      }
    }
    return store;
  }

  /** Number of pictures on disk. */
  get size(): number {
    return this.#places.size;
  }

  /** The pixels that a file is known to decode to, if their features are here. */
  pixelsOf(file: string): string | undefined {
    const pixels = this.#waitingFiles.get(file) ?? this.#pixelsOfFile.get(file);
    return pixels !== undefined && this.has(pixels) ? pixels : undefined;
  }

  has(pixels: string): boolean {
    return this.#places.has(pixels) || this.#waiting.has(pixels);
  }

  /** Keeps features, (tokens, width), to be written with many others; {@link flush} writes them now. */
  async add(pixels: string, features: Float32Array): Promise<void> {
    if (this.has(pixels)) return;
    this.#waiting.set(pixels, features);
    if (this.#waiting.size >= picturesPerShard) await this.flush();
  }

  /** Remembers which pixels a file decodes to, so that it need not be decoded again. */
  addFile(file: string, pixels: string): void {
    this.#waitingFiles.set(file, pixels);
  }

  /** Writes what waits. @throws `CHECKPOINT_WRITE` when the disk fails; nothing that was on disk is lost */
  async flush(): Promise<void> {
    if (this.#waiting.size + this.#waitingFiles.size === 0) return;
    const content = {
      pixels: [...this.#waiting.keys()],
      features: joined([...this.#waiting.values()]),
      files: [...this.#waitingFiles],
    };
    await this.#include(await writeShard(this.folder, content, this.shape));
    this.#waiting.clear();
    this.#waitingFiles.clear();
  }

  /** Features of a picture, (tokens, width); not to be changed. @throws `FEATURES_MISSING`, `FEATURES_DAMAGED` */
  async read(pixels: string): Promise<Float32Array> {
    const place = this.#places.get(pixels);
    if (place) return place.shard.read(place.row);
    throw new MiniGPT4Error(
      'FEATURES_MISSING',
      `${this.folder}: no features of picture ${pixels}, expected one of ${this.size}. Run "features" on the same data again.`,
    );
  }

  async #include(path: string): Promise<void> {
    const { size } = await stat(path);
    const shard = await openShard(path, this.shape, size <= this.room);
    if (size <= this.room) this.room -= size;
    shard.pixels.forEach((pixels, row) => this.#places.set(pixels, { shard, row }));
    for (const [file, pixels] of shard.files) this.#pixelsOfFile.set(file, pixels);
  }
}

async function shardsIn(folder: string): Promise<string[]> {
  try {
    await mkdir(folder, { recursive: true });
    const names = (await readdir(folder)).filter(name => /^features-.*\.safetensors$/u.test(name));
    return names.toSorted().map(name => join(folder, name));
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new MiniGPT4Error(
      'FEATURES_UNWRITABLE',
      `${folder}: no folder for features, expected one that can be made and read, got ${got}. Choose another with --features.`,
      { cause },
    );
  }
}

function joined(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}
