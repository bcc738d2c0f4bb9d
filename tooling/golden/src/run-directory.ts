import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { activationsGolden } from './activations.js';
import { generationGolden } from './generation-golden.js';
import { languageGolden } from './language-golden.js';
import { openNano, type NanoModel } from './nano-model.js';
import { preprocessGolden } from './preprocess-golden.js';
import { promptingGolden } from './prompting-golden.js';
import type { Report } from './report.js';
import { samplingGolden } from './sampling-golden.js';
import { containersGolden, interpolationGolden, llama2VariantGolden, schedulesGolden } from './small-goldens.js';
import { tokenizerGolden } from './tokenizer/tokenizer-golden.js';
import { trajectoryGolden } from './trajectory-golden.js';

type Suite = (model: NanoModel, report: Report) => Promise<void>;

/** The parts of a `nano` directory: the file that shows a part is there, and what compares it. */
const nanoSuites: readonly [string, Suite][] = [
  ['checkpoints/llm-bin/pytorch_model.bin.index.json', containersGolden],
  ['activations.safetensors', activationsGolden],
  ['prompting.safetensors', promptingGolden],
  ['generation.safetensors', generationGolden],
  ['sampling.safetensors', samplingGolden],
  ['interpolation.safetensors', interpolationGolden],
  ['llama2_variant.safetensors', llama2VariantGolden],
  ['schedules.json', schedulesGolden],
  ['trajectory.safetensors', trajectoryGolden],
];

/** Recognises a directory's layout by its files and compares everything in it. @throws `GOLDEN_UNKNOWN` for another layout */
export async function runDirectory(directory: string, report: Report): Promise<void> {
  const has = (name: string) => existsSync(join(directory, name));
  if (has('config.json') && nanoSuites.some(([file]) => has(file))) {
    const model = await openNano(directory);
    for (const [file, suite] of nanoSuites) {
      if (has(file)) await suite(model, report);
      else report.skip(file, 'not in this directory');
    }
    return;
  }
  if (has('images') && has('cases.json')) return preprocessGolden(directory, report);
  if (has('cases.json')) return tokenizerGolden(directory, report);
  if (has('greedy.json') && has('tokens.json')) return languageGolden(directory, report);
  throw new MiniGPT4Error(
    'GOLDEN_UNKNOWN',
    `golden: no known layout, expected a directory like goldens/nano, preprocess, llama-tokenizer or smollm2, got "${directory}". Check the path.`,
  );
}
