import { appendFile, readFile } from 'node:fs/promises';
import { MiniGPT4Error } from '@minigpt4/core';
import writeFileAtomic from 'write-file-atomic';

/** A line of a log that belongs to a step. */
export interface StepLine {
  readonly step: number;
}

/** Adds one line. @throws `OUTPUT_UNWRITABLE` when the disk fails */
export async function appendLine<Line extends StepLine>(path: string, line: Line): Promise<void> {
  await appendFile(path, `${JSON.stringify(line)}\n`).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
}

/** The lines of a file that can be read; none where it is absent. A kill may have cut the last one short. */
export async function readLines(path: string): Promise<StepLine[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap(line => {
    try {
      return [JSON.parse(line) as StepLine];
    } catch {
      return [];
    }
  });
}

/** Forgets the lines of steps after `step`, which a resumed run writes again. */
export async function keepLinesUpTo(path: string, step: number): Promise<void> {
  const lines = await readLines(path);
  if (lines.length === 0) return;
  const kept = lines.filter(line => line.step <= step);
  await writeJsonFile(path, kept.map(line => `${JSON.stringify(line)}\n`).join(''));
}

/** Replaces a file as a whole: readers see the old text or the new. @throws `OUTPUT_UNWRITABLE` when the disk fails */
export async function writeJsonFile(path: string, text: string): Promise<void> {
  await writeFileAtomic(path, text).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
}

function unwritable(path: string, cause: unknown): MiniGPT4Error {
  const got = cause instanceof Error ? cause.message : String(cause);
  return new MiniGPT4Error(
    'OUTPUT_UNWRITABLE',
    `${path}: writing failed, expected a writable folder with room, got ${got}. Saved states are untouched: free space and pass --resume.`,
    { cause },
  );
}
