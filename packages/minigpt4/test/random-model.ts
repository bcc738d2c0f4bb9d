import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, writeSafetensors, type Checkpoint } from '@minigpt4/checkpoint';
import { elementCount, hostTensor, random, type HostTensor, type Random, type Shape } from '@minigpt4/core';
import type { Graph } from '@minigpt4/onnx-graph';
import { expectedTensors } from '@minigpt4/onnx-session';
import { afterAll } from 'vitest';

/** A folder for the test file that calls it at its top, removed at its end. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'minigpt4-test-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Normally distributed elements, small enough that no layer saturates. */
export function normal(shape: Shape, source: Random): HostTensor<'float32'> {
  return hostTensor(
    'float32',
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => 0.3 * source.normal()),
  );
}

/** Random weights for everything that some graphs need, in a file. */
export async function randomCheckpoint(path: string, graphs: readonly Graph[]): Promise<Checkpoint> {
  const source = random(1);
  const wanted = new Map(graphs.flatMap(expectedTensors).map(({ name, shape }) => [name, shape]));
  await writeSafetensors(path, Object.fromEntries([...wanted].map(([name, shape]) => [name, normal(shape, source)])));
  return openCheckpoint(path);
}
