import { createHash } from 'node:crypto';
import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint, writeSafetensors } from '@minigpt4/checkpoint';
import { type HostTensor, isMiniGPT4Error, MiniGPT4Error } from '@minigpt4/core';
import type { ProjectionWeights } from '@minigpt4/projection';
import type { AdamWState } from '@minigpt4/projection/train';
import type { BatchSourceState } from '../data/batch-source.js';

/** Numbers of a run beside its tensors. */
export interface RunProgress {
  /** Steps that are done. */
  readonly step: number;
  /** Seconds of training in all parts of the run. */
  readonly seconds: number;
  readonly data: BatchSourceState;
  /** The best validation, null before the first. */
  readonly best: { readonly step: number; readonly loss: number } | null;
  /** Validations since the best one. */
  readonly validationsSinceBest: number;
  /** Steps in a row whose gradient was not finite. */
  readonly skippedInARow: number;
}

/** Everything a run needs to go on as if nothing had happened. */
export interface ResumeState extends RunProgress {
  readonly weights: ProjectionWeights;
  readonly optimizer: AdamWState;
}

/** A state that was found, and what was wrong with newer ones. */
export interface FoundState {
  readonly state: ResumeState;
  readonly warnings: readonly string[];
}

/** Saved states that are kept: the second is there for the case that the disk damages the first. */
const statesKept = 2;

/** Of a folder's files those that are saved states, newest first. */
export function stateNames(files: readonly string[]): string[] {
  return files
    .filter(name => /^step-\d+\.safetensors$/u.test(name))
    .toSorted()
    .toReversed();
}

/**
 * Saves a state as one file, so that its tensors and numbers always belong together, then removes older ones.
 * @throws `CHECKPOINT_WRITE` when the disk fails; the states before are untouched
 */
export async function saveState(folder: string, { weights, optimizer, ...progress }: ResumeState): Promise<void> {
  const tensors = {
    'projection.weight': weights.weight,
    'projection.bias': weights.bias,
    'first_moments.weight': optimizer.firstMoments.weight,
    'first_moments.bias': optimizer.firstMoments.bias,
    'second_moments.weight': optimizer.secondMoments.weight,
    'second_moments.bias': optimizer.secondMoments.bias,
  };
  const state = JSON.stringify({ ...progress, optimizerStep: optimizer.step });
  const name = `step-${String(progress.step).padStart(8, '0')}.safetensors`;
  await writeSafetensors(join(folder, name), tensors, { state, sha256: digestOf(state, Object.values(tensors)) });
  for (const old of stateNames(await readdir(folder)).slice(statesKept)) await unlink(join(folder, old));
}

/**
 * The newest whole state of a folder, or undefined where there is none at all.
 * @throws `RESUME_CORRUPT` when all states are damaged
 */
export async function loadState(folder: string): Promise<FoundState | undefined> {
  const names = stateNames(await readdir(folder));
  const warnings: string[] = [];
  for (const name of names) {
    try {
      return { state: await readState(join(folder, name)), warnings };
    } catch (error) {
      if (!isMiniGPT4Error(error)) throw error;
      warnings.push(`${error.message} (${error.code}) Going on from the state before it.`);
    }
  }
  if (names.length === 0) return undefined;
  throw new MiniGPT4Error(
    'RESUME_CORRUPT',
    `${folder}: no usable state, expected at least one whole file, got ${names.length} damaged: ${warnings[0]} Restore one from a copy, or remove the folder and start with --projection projection.safetensors.`,
  );
}

async function readState(path: string): Promise<ResumeState> {
  await using checkpoint = await openCheckpoint(path);
  const read = async (name: string) => (await checkpoint.read(name)) as HostTensor<'float32'>;
  const pair = async (name: string) => ({ weight: await read(`${name}.weight`), bias: await read(`${name}.bias`) });
  const weights = await pair('projection');
  const [firstMoments, secondMoments] = [await pair('first_moments'), await pair('second_moments')];
  const { state = '', sha256 } = checkpoint.metadata;
  const tensors = [weights, firstMoments, secondMoments].flatMap(({ weight, bias }) => [weight, bias]);
  if (digestOf(state, tensors) !== sha256) {
    throw new MiniGPT4Error(
      'RESUME_CORRUPT',
      `${path}: damaged state, expected the bytes that were written, got others. Remove it.`,
    );
  }
  const { optimizerStep, ...progress } = JSON.parse(state) as RunProgress & { readonly optimizerStep: number };
  return { ...progress, weights, optimizer: { step: optimizerStep, firstMoments, secondMoments } };
}

function digestOf(state: string, tensors: readonly HostTensor[]): string {
  const hash = createHash('sha256').update(state);
  for (const { data } of tensors) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}
