import { resolve } from 'node:path';
import { modelSizes } from '../checkpoints/model-presets.js';
import { writeModel } from '../checkpoints/write-model.js';

/** Options of {@link generateCommand}. */
export interface GenerateOptions {
  /** Name of the model's sizes. */
  readonly preset: string;
  /** The directory to write. */
  readonly output: string;
  /** Keeps only this many layers of each part. */
  readonly layers?: number;
  /** A `tokenizer.json` to copy in place of a made-up one. */
  readonly tokenizer?: string;
}

/** Writes a model of random weights in the original formats. */
export async function generateCommand({ preset, output, layers, tokenizer }: GenerateOptions): Promise<void> {
  const started = performance.now();
  const directory = resolve(output);
  await writeModel(directory, modelSizes(preset, layers), {
    ...(tokenizer === undefined ? {} : { tokenizer }),
    onProgress: message => process.stderr.write(`writing ${message}\n`),
  });
  process.stdout.write(`${directory} in ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
}
