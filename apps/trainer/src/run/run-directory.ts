import { constants } from 'node:fs';
import { access, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { stateNames } from './resume-state.js';

/** Where everything of a run lies. */
export interface RunDirectory {
  readonly folder: string;
  /** What was run, on what and with what result. */
  readonly manifest: string;
  /** One JSON object a line: numbers of steps, and of validations. */
  readonly metrics: string;
  /** One JSON object a line: sample answers. */
  readonly samples: string;
  /** The trained projection. */
  readonly projection: string;
  /** The projection of the best validation, where there was one. */
  readonly best: string;
  /** Folder of saved states. */
  readonly resume: string;
}

/** Names the files of a run in `folder`. */
export function runDirectory(folder: string): RunDirectory {
  return {
    folder,
    manifest: join(folder, 'manifest.json'),
    metrics: join(folder, 'metrics.jsonl'),
    samples: join(folder, 'samples.jsonl'),
    projection: join(folder, 'projection.safetensors'),
    best: join(folder, 'best.safetensors'),
    resume: join(folder, 'resume'),
  };
}

/**
 * Makes the folders of a run, before anything is computed.
 *
 * @param resume whether what is there may be gone on with
 * @throws `OUTPUT_EXISTS` when another run has left something to lose, `OUTPUT_UNWRITABLE`
 */
export async function makeRunDirectory(folder: string, resume: boolean): Promise<RunDirectory> {
  const directory = runDirectory(folder);
  if (!resume) await refuseLoss(directory);
  try {
    await mkdir(directory.resume, { recursive: true });
    for (const path of [folder, directory.resume]) await access(path, constants.W_OK);
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new MiniGPT4Error(
      'OUTPUT_UNWRITABLE',
      `${folder}: no place for the run, expected a folder that can be made and written to, got ${got}. Choose another with --output.`,
      { cause },
    );
  }
  return directory;
}

async function refuseLoss({ folder, resume, projection }: RunDirectory): Promise<void> {
  const hasProjection = await access(projection).then(
    () => true,
    () => false,
  );
  const states = stateNames(await readdir(resume).catch(() => []));
  if (!hasProjection && states.length === 0) return;
  throw new MiniGPT4Error(
    'OUTPUT_EXISTS',
    `${folder}: holds a run already, expected a new folder, got ${hasProjection ? 'a projection' : 'saved states'}. Pass --resume to go on with it, or choose another --output.`,
  );
}
