import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import type { Evaluation } from '../evaluate/evaluation.js';
import { readEvaluation } from '../evaluate/read-evaluation.js';
import type { SampleAnswer } from '../model/sample-answers.js';
import { readLines } from '../run/json-lines.js';
import { type Manifest, readManifest } from '../run/manifest.js';
import { runDirectory } from '../run/run-directory.js';
import type { Point } from './chart/smooth.js';

/** The curves of a run's log. */
export const curveNames = ['loss', 'validationLoss', 'lr', 'gradientNorm', 'tokensPerSecond', 'dataWaitMs'] as const;

/** Name of a curve. */
export type CurveName = (typeof curveNames)[number];

/** An evaluation that was found beside a run. */
export interface FoundEvaluation {
  readonly file: string;
  readonly evaluation: Evaluation;
}

/** Everything a report tells of one run. */
export interface RunRecord {
  /** Name of the run's folder. */
  readonly name: string;
  readonly manifest: Manifest;
  readonly curves: Readonly<Record<CurveName, readonly Point[]>>;
  /** Seconds of training. */
  readonly seconds: number;
  /** All sample answers, in the order they were given. */
  readonly samples: readonly SampleAnswer[];
  readonly evaluations: readonly FoundEvaluation[];
  /** Why something in the folder is not in the report, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Reads what a run left in its folder, finished or not.
 *
 * @throws `RUN_NOT_FOUND` without a manifest, `MANIFEST_CORRUPT`
 */
export async function readRun(folder: string): Promise<RunRecord> {
  const directory = runDirectory(folder);
  const manifest = await readManifest(directory.manifest);
  if (!manifest) {
    throw new MiniGPT4Error(
      'RUN_NOT_FOUND',
      `${folder}: no run, expected a folder that train stage1 or stage2 wrote, got none with manifest.json. Check the path.`,
    );
  }
  const lines = await readLines(directory.metrics);
  const curves = Object.fromEntries(curveNames.map(name => [name, curveOf(lines, name)])) as Record<CurveName, Point[]>;
  const { evaluations, warnings } = await readEvaluations(folder);
  return {
    name: basename(resolve(folder)),
    manifest,
    curves,
    seconds: curveOf(lines, 'seconds').at(-1)?.[1] ?? 0,
    samples: (await readLines(directory.samples)).filter(isSampleAnswer),
    evaluations,
    warnings,
  };
}

function curveOf(lines: readonly object[], name: string): Point[] {
  return lines.flatMap((line): Point[] => {
    const { step, [name]: value } = line as Readonly<Record<string, unknown>>;
    return typeof step === 'number' && typeof value === 'number' ? [[step, value]] : [];
  });
}

function isSampleAnswer(line: object): line is SampleAnswer {
  const { key, image, question, answer } = line as Readonly<Record<string, unknown>>;
  return [key, image, question, answer].every(value => typeof value === 'string');
}

async function readEvaluations(folder: string): Promise<Pick<RunRecord, 'evaluations' | 'warnings'>> {
  const files = (await readdir(folder)).filter(name => /^evaluation.*\.json$/.test(name)).toSorted();
  const evaluations: FoundEvaluation[] = [];
  const warnings: string[] = [];
  for (const file of files) {
    try {
      evaluations.push({ file, evaluation: await readEvaluation(join(folder, file)) });
    } catch (error) {
      if (!(error instanceof MiniGPT4Error)) throw error;
      warnings.push(error.message);
    }
  }
  return { evaluations, warnings };
}
