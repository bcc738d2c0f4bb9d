import { crc32 } from 'node:zlib';
import { MiniGPT4Error } from '@minigpt4/core';
import type { ReadableFile } from './readable-file.js';

/** Where checked bytes lie and what they are. */
export interface CheckedBytes {
  /** For messages, such as the name of a zip entry in quotes. */
  readonly what: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
  /** CRC-32 that the file states for them. */
  readonly checksum: number;
}

const chunkBytes = 16 * 1024 * 1024;

// to read a part of a larger one should not cost reading all of it
const mostReadWhole = 64 * 1024 * 1024;

/** A run of bytes of a file for which the file states a checksum; several tensors can lie in it. */
export class CheckedRange {
  readonly #file: ReadableFile;
  readonly #bytes: CheckedBytes;
  #verified: Promise<void> | undefined;

  constructor(file: ReadableFile, bytes: CheckedBytes) {
    this.#file = file;
    this.#bytes = bytes;
  }

  /**
   * Checks what was read from `offset`: these bytes alone where they are all that has the checksum, else the whole run
   * around them, once, up to 64 MiB; of a larger one parts are not checked.
   * @throws `CHECKPOINT_CORRUPT` when it is not what the checksum was made of.
   */
  async check(offset: number, bytes: Uint8Array): Promise<void> {
    const { offset: start, length } = this.#bytes;
    if (offset === start && bytes.length === length) return this.#compare(crc32(bytes));
    if (length > mostReadWhole) return;
    this.#verified ??= this.#readWhole();
    await this.#verified;
  }

  async #readWhole(): Promise<void> {
    const { offset, length } = this.#bytes;
    let checksum = 0;
    for (let done = 0; done < length; done += chunkBytes) {
      checksum = crc32(await this.#file.read(offset + done, Math.min(chunkBytes, length - done)), checksum);
    }
    this.#compare(checksum);
  }

  #compare(got: number): void {
    const { what, checksum } = this.#bytes;
    if (got === checksum) return;
    throw new MiniGPT4Error(
      'CHECKPOINT_CORRUPT',
      `${this.#file.path}: ${what} was changed since it was written, expected the checksum ${hexadecimal(checksum)}, got ${hexadecimal(got)}. ` +
        'Copy or download the file again; for one written without checksums pass checksums: false.',
    );
  }
}

function hexadecimal(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}
