import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostTensor, type HostTensor, type Shape } from '@minigpt4/core';
import { afterAll } from 'vitest';

/** A folder for the test file that calls it, removed at its end. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'onnx-session-test-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A float32 tensor of the given elements. */
export function float32(shape: Shape, values: Iterable<number>): HostTensor<'float32'> {
  return hostTensor('float32', shape, Float32Array.from(values));
}
