import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCheckpoint, writeSafetensors } from '@minigpt4/checkpoint';
import { asFloat32, hostTensor, MiniGPT4Error, random, type HostTensor } from '@minigpt4/core';
import { bindWeights, createSession, expectedTensors } from '@minigpt4/onnx-session';
import { captionBatch, captionInputs, captionLossGraph } from 'minigpt4';
import { writeRandomCheckpoint } from '../checkpoints/random-checkpoint.js';
import { processMemory } from '../memory.js';
import { trainBatch, trainShapes } from './train-shapes.js';
import { trainVariants, type TrainVariant } from './train-variants.js';

/** Time, memory and results of training steps in a process of their own. */
export interface TrainFigures {
  /** Seconds from checkpoint to a session ready to run. */
  readonly loadSeconds: number;
  /** The fastest step, in milliseconds: what other work on the machine disturbs least. */
  readonly stepMs: number;
  /** Largest resident memory of the process, bytes. */
  readonly peakBytes: number;
  readonly loss: number;
}

/** A step to run in a process of its own, or what it needs to be made there. */
export interface TrainJob {
  /** Writes the weights of the shape, or the copy of them that the variant needs, or runs the step. */
  readonly kind: 'weights' | 'copy' | 'step';
  readonly shape: string;
  readonly variant: string;
  /** Holds weights, inputs and results. */
  readonly folder: string;
  readonly threads: number;
}

/** How long a step is run, and how often at least after the first. */
const budgetMs = 6000;
const leastRuns = 2;

/** Where a folder's weights are. */
export function checkpointPath(folder: string, file: TrainVariant['file']): string {
  return join(folder, `${file}.safetensors`);
}

/** Where copies of weights in fewer bits are. */
export function copiesPath(folder: string): string {
  return join(folder, 'copies');
}

/** Where a step leaves its gradient: float32 elements. */
export function gradientPath(folder: string): string {
  return join(folder, 'gradient.bin');
}

/** Where the inputs of all steps of a folder are: those of the caption-loss graph. */
export function inputsPath(folder: string): string {
  return join(folder, 'inputs.safetensors');
}

/** Writes random weights and inputs of a job's shape. */
export async function prepareTraining({ shape, folder }: TrainJob): Promise<void> {
  const { config } = named(trainShapes, shape);
  const { rows, imageTokens, textTokens } = trainBatch;
  const tensors = expectedTensors(captionLossGraph(config, imageTokens));
  for (const dtype of ['float32', 'float16'] as const) {
    await writeRandomCheckpoint(checkpointPath(folder, dtype), tensors, { dtype, vectors: 'ones' });
  }
  const { integer, normal } = random(3);
  const embeddings = (count: number) => Float32Array.from({ length: count * config.width }, () => 0.02 * normal());
  const text = () => Array.from({ length: textTokens }, () => 3 + integer(config.vocabularySize - 3));
  const texts = Array.from({ length: rows }, text);
  const batch = captionBatch({ before: [1], after: [], texts, imageTokens, padId: 2 });
  const inputs = await captionInputs(batch, config.width, async ids => embeddings(ids.length));
  const images = hostTensor('float32', [rows, imageTokens, config.width], embeddings(rows * imageTokens));
  await writeSafetensors(inputsPath(folder), { ...inputs, image_embeds: images });
}

/** Makes the copy of the weights that a job needs, so that it finds one as the second start of a trainer does. */
export async function prepareCopy({ shape, variant, folder }: TrainJob): Promise<void> {
  const { file, storage } = named(trainVariants, variant);
  const graph = captionLossGraph(named(trainShapes, shape).config, trainBatch.imageTokens);
  await using weights = await openCheckpoint(checkpointPath(folder, file));
  const bound = await bindWeights(graph, weights, { storage, weightFolder: copiesPath(folder) });
  await bound.close();
}

/** Loads a shape in a variant and runs steps for a while; leaves the gradient in the folder. */
export async function measureTraining({ shape, variant, folder, threads }: TrainJob): Promise<TrainFigures> {
  const { config } = named(trainShapes, shape);
  const { file, recompute, ...options } = named(trainVariants, variant);
  const inputs = await readAll(inputsPath(folder));
  const started = performance.now();
  await using weights = await openCheckpoint(checkpointPath(folder, file));
  const graph = captionLossGraph(config, trainBatch.imageTokens, { recompute });
  const places = { weights, weightFolder: copiesPath(folder) };
  await using session = await createSession(graph, { ...options, ...places, name: 'bench', threads });
  const loadSeconds = (performance.now() - started) / 1000;
  let results = await session.run(inputs); // the first run allocates
  const times: number[] = [];
  const end = performance.now() + budgetMs;
  while (times.length < leastRuns || performance.now() < end) {
    const start = performance.now();
    results = await session.run(inputs);
    times.push(performance.now() - start);
  }
  const { peakBytes } = await processMemory();
  await writeFile(gradientPath(folder), asFloat32(results['gradient']!));
  return { loadSeconds, stepMs: Math.min(...times), peakBytes, loss: asFloat32(results['loss']!)[0]! };
}

async function readAll(path: string): Promise<Record<string, HostTensor>> {
  await using file = await openCheckpoint(path);
  return Object.fromEntries(await Promise.all(file.names().map(async name => [name, await file.read(name)] as const)));
}

function named<T>(choices: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(choices, name) ? choices[name] : undefined;
  if (found !== undefined) return found;
  throw new MiniGPT4Error(
    'BENCH_UNKNOWN',
    `bench train: no such name, expected one of ${Object.keys(choices).join(' | ')}, got "${name}". Correct it.`,
  );
}
