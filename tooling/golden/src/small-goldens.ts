import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { asFloat32, hostTensor } from '@minigpt4/core';
import { Params } from '@minigpt4/nn';
import { graph, input } from '@minigpt4/onnx-graph';
import { createSession } from '@minigpt4/onnx-session';
import { concatenatePatches, projection } from '@minigpt4/projection';
import { linearWarmupCosine, type LinearWarmupCosineOptions } from '@minigpt4/projection/train';
import { interpolatePositions } from '@minigpt4/vision-encoder';
import { readFloats, readJsonFile, withTensors, type NanoModel } from './nano-model.js';
import { largestMagnitude, type Report } from './report.js';

/** Position embeddings resized to another image size. */
export async function interpolationGolden({ directory, config, json }: NanoModel, report: Report): Promise<void> {
  const { imageSize, patchSize, width } = config.vision;
  const toSize = (json.interpolation as { readonly to_img_size: number }).to_img_size;
  await withTensors(directory, 'interpolation.safetensors', async tensors => {
    const from = asFloat32(await tensors.read('from'));
    const expected = asFloat32(await tensors.read('to'));
    const grids = { width, fromGrid: imageSize / patchSize, toGrid: toSize / patchSize };
    report.close('interpolation.to', interpolatePositions(from, grids), expected, 2e-5 * largestMagnitude(expected));
  });
}

/** The Llama-2 release's way from `ln_vision` to the language model: four patches side by side, one linear layer. */
export async function llama2VariantGolden({ directory, config }: NanoModel, report: Report): Promise<void> {
  await withTensors(directory, 'llama2_variant.safetensors', async tensors => {
    const visionOutput = await readFloats(tensors, 'ln_vision');
    const [, tokens, width] = visionOutput.shape as [number, number, number];
    const project = projection(Params.root(), { inputWidth: 4 * width, outputWidth: config.llm.width });
    const output = project(concatenatePatches(input('ln_vision', 'float32', ['batch', tokens, width])));
    const session = await createSession(graph({ output }), { name: 'Llama-2 variant', weights: tensors });
    const actual = await session.run({ ln_vision: visionOutput });
    const expected = asFloat32(await tensors.read('output'));
    report.close('llama2_variant.output', asFloat32(actual.output!), expected, 2e-5 * largestMagnitude(expected));
    await session.dispose();
  });
}

/** A schedule's settings as the goldens call them. */
export interface ScheduleSettings {
  readonly max_epoch: number;
  readonly iters_per_epoch: number;
  readonly min_lr: number;
  readonly init_lr: number;
  readonly warmup_steps: number;
  readonly warmup_start_lr: number;
}

/** The same settings under our names. */
export function scheduleOf(settings: ScheduleSettings): LinearWarmupCosineOptions {
  return {
    initLr: settings.init_lr,
    minLr: settings.min_lr,
    warmupLr: settings.warmup_start_lr,
    warmupSteps: settings.warmup_steps,
    maxEpoch: settings.max_epoch,
    itersPerEpoch: settings.iters_per_epoch,
  };
}

interface Schedule {
  readonly settings: ScheduleSettings;
  readonly step_lr: readonly (readonly [number, number])[];
}

/** Learning rates of every schedule of `schedules.json`. */
export async function schedulesGolden({ directory }: NanoModel, report: Report): Promise<void> {
  const schedules = await readJsonFile<Readonly<Record<string, Schedule>>>(directory, 'schedules.json');
  for (const [name, { settings, step_lr }] of Object.entries(schedules)) {
    const rate = linearWarmupCosine(scheduleOf(settings));
    const ratios = step_lr.map(([step, expected]) => rate(step) / expected);
    report.close(
      `schedules.${name} (ratio to expected)`,
      ratios,
      ratios.map(() => 1),
      1e-9,
    );
  }
}

/** The same weights in both containers: sharded `.bin` and safetensors. */
export async function containersGolden({ directory, files }: NanoModel, report: Report): Promise<void> {
  const sharded = join(directory, 'checkpoints/llm-bin');
  if (!existsSync(sharded)) return report.skip('checkpoints.llm-bin', 'not in this directory');
  await using bin = await openCheckpoint(sharded);
  await using safetensors = await openCheckpoint(files.llm);
  for (const name of safetensors.names()) {
    const [expected, actual] = [await safetensors.read(name), bin.info(name) && (await bin.read(name))];
    report.equal(
      `llm-bin ${name}`,
      asFloat32(actual ?? hostTensor('float32', [0], new Float32Array(0))),
      asFloat32(expected),
    );
  }
}
