import { chosenNames } from '../chosen-names.js';
import { measureTraining, prepareCopy, prepareTraining, type TrainJob } from './measure-training.js';
import { torchVersion } from '../peer.js';
import { withScratchFolder } from '../scratch-folder.js';
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
  const variants = chosenNames('bench train', trainVariants, options.variants);
  const print = (text: string) => json || process.stdout.write(`${text}\n`);
  const torch = await torchVersion(options.python);
  const python = torch === undefined ? undefined : options.python;
  if (torch === undefined) process.stderr.write(`PyTorch is not installed for "${options.python}": no comparison\n`);
  const { rows, imageTokens, textTokens } = trainBatch;
  const peer = torch === undefined ? '' : `, PyTorch ${torch} in float32`;
  print(`${rows} rows of 1 + ${imageTokens} + ${textTokens} tokens, ${threads} threads${peer}`);
  const all: TrainRow[] = [];
  for (const shape of Object.keys(trainShapes).filter(name => name.includes(only))) {
    await withScratchFolder(undefined, async folder => {
      await runJob({ kind: 'weights', shape, variant: '', folder, threads });
      print(`\n${shape}\n${heading}`);
      for await (const row of trainRows({ shape, folder, threads, python, variants, rounds })) {
        all.push(row);
        print(tableRow(row));
      }
    });
  }
  const whole = extrapolated(all);
  if (whole.length > 0) print(`\n${whole[0]!.shape}\n${heading}\n${whole.map(tableRow).join('\n')}`);
  if (json)
    process.stdout.write(`${JSON.stringify({ threads, torch, batch: trainBatch, rows: [...all, ...whole] })}\n`);
}
