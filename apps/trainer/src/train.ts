import { setImmediate as nextTurn } from 'node:timers/promises';
import { MiniGPT4Error } from '@minigpt4/core';
import { linearWarmupCosine } from '@minigpt4/projection/train';
import type { TrainConfig } from './config/train-config.js';
import type { Batch } from './data/batch-source.js';
import type { MicroBatch } from './data/micro-batches.js';
import { Course, type TrainResult } from './run/course.js';
import { openRun, type OpenRun, type RunOptions } from './run/open-run.js';

/** Steps in a row without a finite gradient after which a run ends: it would not come back. */
const mostSkippedInARow = 10;

/** A run writes down about this many of its steps at least, however short it is. */
const fewestLoggedSteps = 100;

/**
 * Trains a projection: what a configuration says, into a folder. The same configuration, data and machine give the same
 * bytes, whether a run goes straight through, or is interrupted by its signal or killed and then resumed.
 *
 * @throws the errors of `openRun`, `TRAINING_DIVERGED` when nothing finite comes any more, `CHECKPOINT_WRITE` when the
 * disk is full; the state saved last is then whole
 */
export async function train(config: TrainConfig, options: RunOptions): Promise<TrainResult> {
  const run = await openRun(config, options);
  try {
    return await takeSteps(new Course(run, options));
  } finally {
    await run.dispose();
  }
}

async function takeSteps(course: Course): Promise<TrainResult> {
  const { config, run, options } = course;
  const rateOf = linearWarmupCosine(config.schedule);
  const logEvery = Math.min(config.logEvery, Math.max(1, Math.floor(config.steps / fewestLoggedSteps)));
  await course.begin();

  while (!course.hasEnded) {
    const started = performance.now();
    const batches: Batch[] = [];
    for (let i = 0; i < config.accumulate; i++) batches.push(await run.data.next());
    const dataWaitMs = performance.now() - started;

    const parts = course.cut(batches);
    const loss = await accumulateGradients(run, parts);
    const lr = rateOf(course.step);
    const { gradientNorm, applied } = await run.optimizer.step(lr);
    await nextTurn(); // lets signals in

    const stepMs = performance.now() - started;
    course.advance({ loss, applied, stepMs });
    const samples = batches.flatMap(batch => batch.samples);
    const emptySamples = samples.filter(({ isEmpty }) => isEmpty).length;
    const { step } = course;
    run.alarms.afterStep({ step, loss, gradientNorm, samples: samples.length, emptySamples, dataWaitMs, stepMs });

    const isLogged = step === 1 || course.isDue(logEvery);
    await course.log({ loss, lr, gradientNorm, dataWaitMs, stepMs, tokens: realTokens(parts) }, isLogged);
    if (run.validation.length > 0 && course.isDue(config.validateEvery)) await course.validate();
    if (course.isDue(config.sampleEvery)) await course.answerSamples();
    if (course.skippedInARow >= mostSkippedInARow) throw diverged(step, options.output);
    if (step % config.saveEvery === 0 && !course.hasEnded) await course.save('running');
  }
  return course.end();
}

/** Sums up the gradients of a step's parts, each weighted by its targets; returns the mean loss over all targets. */
async function accumulateGradients({ model, layer }: OpenRun, parts: readonly MicroBatch[]): Promise<number> {
  const targets = parts.reduce((sum, part) => sum + part.targets, 0);
  if (targets === 0) throw noTargets();
  let loss = 0;
  for (const part of parts) {
    const weight = part.targets / targets;
    loss += weight * (await layer.accumulate(part.features, await model.lossOf(part), weight));
  }
  return loss;
}

function realTokens(parts: readonly MicroBatch[]): number {
  return parts.reduce((sum, { rows }) => sum + rows.attentionMask.reduce((count, real) => count + real, 0), 0);
}

function diverged(step: number, output: string): MiniGPT4Error {
  return new MiniGPT4Error(
    'TRAINING_DIVERGED',
    `step ${step}: no finite gradient, expected at least one in ${mostSkippedInARow} steps, got none. ${output} keeps the state saved before; start again with a lower learning rate or --set optimizer.maxGradientNorm=1.`,
  );
}

function noTargets(): MiniGPT4Error {
  return new MiniGPT4Error(
    'LABELS_EMPTY',
    'training step: nothing to learn, expected at least one target token, got none in the whole batch. Check the captions and template.endSymbol.',
  );
}
