import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import type { Checkpoint } from '../src/index.js';

/** The path of a file that make-fixtures.py has written. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../src/__fixtures__/${name}`, import.meta.url));
}

/** The path of a shared file, or undefined without the reference material; the testing package stands above this one. */
export function sharedPath(relative: string): string | undefined {
  const path = fileURLToPath(new URL(`../../../../shared/${relative}`, import.meta.url));
  return existsSync(path) ? path : undefined;
}

/** A folder for the test file that calls it, removed at its end. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'checkpoint-test-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Fails unless both checkpoints have the same names, types, shapes and bytes; `except` filters names of the first. */
export async function expectSameTensors(
  actual: Checkpoint,
  expected: Checkpoint,
  except: (name: string) => boolean = () => false,
): Promise<void> {
  const names = actual.names().filter(name => !except(name));
  expect([...names].sort()).toEqual([...expected.names()].sort());
  for (const name of names) {
    // the name in both, so that a failure shows it
    expect({ name, info: actual.info(name), bytes: bytesOf(await actual.read(name)) }).toEqual({
      name,
      info: expected.info(name),
      bytes: bytesOf(await expected.read(name)),
    });
  }
}

/** A tensor's bytes, so that NaNs compare too. */
export function bytesOf({ data }: { readonly data: NodeJS.ArrayBufferView }): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
