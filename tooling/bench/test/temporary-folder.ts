import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** A folder for the test file that calls it at its top, removed at its end. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'minigpt4-bench-test-'));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
