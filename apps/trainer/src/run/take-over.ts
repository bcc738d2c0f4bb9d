import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { writeJsonFile } from './json-lines.js';

/**
 * Makes this process the one that writes to a run. A process that was left behind, such as one whose terminal was killed
 * without it, notices before it writes the next time and ends; so no lock can outlive its owner.
 *
 * @returns what the owner calls before it writes; it throws `OUTPUT_TAKEN` once another process has taken the run over
 */
export async function takeOver(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'owner');
  const token = `${process.pid} ${randomUUID()}\n`;
  await writeJsonFile(path, token);
  return async () => {
    const owner = await readFile(path, 'utf8').catch(() => token);
    if (owner === token) return;
    throw new MiniGPT4Error(
      'OUTPUT_TAKEN',
      `${folder}: another process goes on with this run, expected none, got process ${owner.split(' ')[0]}. Nothing was written any more; choose another --output to run both.`,
    );
  };
}
