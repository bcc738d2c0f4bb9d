import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { measureTraining, prepareCopy, prepareTraining, type TrainJob } from './measure-training.js';
import { torchVersion } from '../peer.js';
import { extrapolated, runJob, trainRows, type TrainRow } from './train-runs.js';
import { trainBatch, trainShapes } from './train-shapes.js';
import { heading, tableRow } from './train-table.js';
import { trainVariants } from './train-variants.js';

/** Options of {@link trainCommand}. */
export interface TrainOptions {
  /** Only models whose name contains this. */
  readonly only?: string;
  /** Names of the variants to run, with commas between. Defaults to all. */
  readonly variants?: string;
  /** Times that each variant is run, in turn with PyTorch. */
  readonly rounds: number;
  /** Threads inside one operation, for both sides. */
  readonly threads: number;
  /** The Python to look for PyTorch in. */
  readonly python: string;
  /** Prints one JSON object instead of a table. */
  readonly json: boolean;
}

/** Runs one job in this process and prints its figures: what {@link trainCommand} starts for each. */
export async function trainJobCommand(text: string): Promise<void> {
  const job = JSON.parse(text) as TrainJob;
  const work = { weights: prepareTraining, copy: prepareCopy, step: measureTraining }[job.kind];
  process.stdout.write(`${JSON.stringify((await work(job)) ?? null)}\n`);
}

/** Time, memory and results of a training step of every model in every variant, each in a process of its own. */
export async function trainCommand(options: TrainOptions): Promise<void> {
  const { only = '', threads, rounds, json } = options;
  const variants = chosenVariants(options.variants);
  const print = (text: string) => json || process.stdout.write(`${text}\n`);
  const torch = await torchVersion(options.python);
  const python = torch === undefined ? undefined : options.python;
  if (torch === undefined) process.stderr.write(`PyTorch is not installed for "${options.python}": no comparison\n`);
  const { rows, imageTokens, textTokens } = trainBatch;
  const peer = torch === undefined ? '' : `, PyTorch ${torch} in float32`;
  print(`${rows} rows of 1 + ${imageTokens} + ${textTokens} tokens, ${threads} threads${peer}`);
  const all: TrainRow[] = [];
  for (const shape of Object.keys(trainShapes).filter(name => name.includes(only))) {
    const folder = await mkdtemp(join(tmpdir(), 'minigpt4-bench-'));
    try {
      await runJob({ kind: 'weights', shape, variant: '', folder, threads });
      print(`\n${shape}\n${heading}`);
      for await (const row of trainRows({ shape, folder, threads, python, variants, rounds })) {
        all.push(row);
        print(tableRow(row));
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  const whole = extrapolated(all);
  if (whole.length > 0) print(`\n${whole[0]!.shape}\n${heading}\n${whole.map(tableRow).join('\n')}`);
  if (json)
    process.stdout.write(`${JSON.stringify({ threads, torch, batch: trainBatch, rows: [...all, ...whole] })}\n`);
}

function chosenVariants(names: string | undefined): string[] {
  const known = Object.keys(trainVariants);
  const chosen = names?.split(',').map(name => name.trim()) ?? known;
  const unknown = chosen.find(name => !known.includes(name));
  if (unknown === undefined) return chosen;
  throw new MiniGPT4Error(
    'BENCH_UNKNOWN',
    `bench train: no such variant, expected some of ${known.join(',')}, got "${unknown}". Correct the name.`,
  );
}
