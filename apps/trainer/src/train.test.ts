import { readFileSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSafetensors } from '@minigpt4/checkpoint';
import { hostTensor } from '@minigpt4/core';
import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { makeTar, temporaryFolder } from '../test/make-set.js';
import { recordingReporter } from '../test/recording-reporter.js';
import { tinyStage1 } from './configs/tiny-stage1.js';
import { tinyStage2 } from './configs/tiny-stage2.js';
import type { TrainConfig } from './config/train-config.js';
import { readLines } from './run/json-lines.js';
import { readManifest } from './run/manifest.js';
import { train } from './train.js';

describe('train', async () => {
  const folder = await temporaryFolder();
  const features = join(folder, 'features');
  const tar = await makeTar(folder, 7);
  const validation = await makeTar(folder, 3);

  const config = (changes: Partial<TrainConfig> = {}): TrainConfig => ({
    ...tinyStage1,
    datasets: [{ ...tinyStage1.datasets[0]!, data: [tar], batchSize: 4 }],
    validation: [validation],
    steps: 6,
    schedule: { ...tinyStage1.schedule, warmupSteps: 2, itersPerEpoch: 6 },
    saveEvery: 2,
    validateEvery: 3,
    sampleEvery: 0,
    sampleCount: 1,
    threads: 1,
    ...changes,
  });
  const run = (name: string, changes?: Partial<TrainConfig>, options: object = {}) =>
    train(config(changes), { output: join(folder, name), features, reporter: recordingReporter(), ...options });
  const projectionOf = (name: string) => readFile(join(folder, name, 'projection.safetensors'));
  const metricsOf = async (name: string) =>
    (await readLines(join(folder, name, 'metrics.jsonl'))).map(line => ({
      ...line,
      tokensPerSecond: 0,
      dataWaitMs: 0,
      seconds: 0,
    }));

  it('gives the same bytes straight through and killed and resumed', async () => {
    const straight = await run('straight');
    expect(straight).toMatchObject({ status: 'finished', step: 6, alarms: [] });
    const crash = recordingReporter(step => {
      if (step === 4) throw new Error('killed');
    });
    await expect(run('killed', {}, { reporter: crash })).rejects.toThrow('killed');
    const resumed = recordingReporter();
    await run('killed', {}, { reporter: resumed, resume: true });
    expect(resumed.steps[0]!.step).toBe(3); // the state of step 2 was the last one saved
    expect(await projectionOf('killed')).toEqual(await projectionOf('straight'));
    expect(await metricsOf('killed')).toEqual(await metricsOf('straight'));
  });

  it('saves on an interrupt and goes on from that very step', async () => {
    const stop = new AbortController();
    const reporter = recordingReporter(step => {
      if (step === 3) stop.abort();
    });
    const interrupted = await run('stopped', {}, { reporter, signal: stop.signal });
    expect(interrupted).toMatchObject({ status: 'interrupted', step: 3 });
    const resumed = recordingReporter();
    await run('stopped', {}, { reporter: resumed, resume: true });
    expect(resumed.steps.map(({ step }) => step)).toEqual([4, 5, 6]);
    expect(await projectionOf('stopped')).toEqual(await projectionOf('straight'));
  });

  it('leaves a run to the process that has taken it over', async () => {
    const files = () =>
      Promise.all(['metrics.jsonl', 'manifest.json'].map(name => readFile(join(folder, 'taken', name))));
    let before: readonly Buffer[] = [];
    const taken = recordingReporter(step => {
      if (step > 1) return;
      writeFileSync(join(folder, 'taken', 'resume', 'owner'), '1 another');
      before = ['metrics.jsonl', 'manifest.json'].map(name => readFileSync(join(folder, 'taken', name)));
    });
    await expect(run('taken', {}, { reporter: taken })).rejects.toMatchObject({ code: 'OUTPUT_TAKEN' });
    expect(await files()).toEqual(before);
  });

  it('may be made longer, but not another run', async () => {
    await run('longer', { steps: 4 });
    await expect(run('longer', { seed: 1 }, { resume: true })).rejects.toMatchObject({ code: 'RESUME_MISMATCH' });
    await expect(run('longer')).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    await run('longer', {}, { resume: true });
    expect(await projectionOf('longer')).toEqual(await projectionOf('straight'));
  });

  it('says so when there is nothing to resume', async () => {
    const reporter = recordingReporter();
    await run('fresh', { steps: 1 }, { reporter, resume: true });
    expect(reporter.notes[0]).toContain('starting from the beginning');
  });

  it('has the same losses from cached features and from pictures', async () => {
    const losses = async (name: string) => (await metricsOf(name)).filter(line => 'lr' in line);
    await run('uncached', { cache: false });
    expect(await losses('uncached')).toEqual(await losses('straight'));
    expect(await projectionOf('uncached')).toEqual(await projectionOf('straight'));
  });

  it('sums up batches as one larger batch', async () => {
    const datasets = [{ ...config().datasets[0]!, batchSize: 2 }];
    const reporter = recordingReporter();
    await run('accumulated', { accumulate: 2, datasets }, { reporter });
    const straight = (await metricsOf('straight')).flatMap(line => ('loss' in line ? [line.loss as number] : []));
    expectClose(
      reporter.steps.map(({ loss }) => loss),
      straight,
      { relative: 1e-4 },
    );
  });

  it('cuts pictures at random without changing its mind after a resume', async () => {
    const cropped = { augment: 'crop' as const, steps: 3 };
    await run('cropped', cropped);
    const crash = recordingReporter(step => {
      if (step === 3) throw new Error('killed');
    });
    await expect(run('cropped-killed', cropped, { reporter: crash })).rejects.toThrow('killed');
    await run('cropped-killed', cropped, { resume: true });
    expect(await projectionOf('cropped-killed')).toEqual(await projectionOf('cropped'));
    expect(await projectionOf('cropped')).not.toEqual(await projectionOf('straight'));
  });

  it('learns descriptions behind instructions, asks about samples, and leaves a manifest', async () => {
    const { template, instructions, maxTextLength } = tinyStage2;
    const projection = join(folder, 'straight', 'projection.safetensors');
    const second = { template, instructions, maxTextLength, stage: 'stage2' as const, projection, sampleEvery: 2 };
    const result = await run('stage2', { ...second, steps: 3 });
    expect(result.loss).toBeLessThan(Math.log(4096));
    const samples = await readLines(join(folder, 'stage2', 'samples.jsonl'));
    expect(samples.map(({ step }) => step)).toEqual([0, 2, 3]);
    expect(samples[0]).toMatchObject({ key: 'picture-000', image: expect.stringMatching(/^data:image\/webp;base64,/) });
    const manifest = await readManifest(join(folder, 'stage2', 'manifest.json'));
    expect(manifest).toMatchObject({
      stage: 'stage2',
      step: 3,
      backend: { name: 'wasm', threads: 1, languageWeights: 'as stored' },
      status: 'finished',
    });
    expect(manifest!.versions).toMatchObject({
      onnxruntime: expect.stringMatching(/^1\./),
      tensorflowjs: expect.stringMatching(/^4\./),
    });
    expect(manifest!.data[0]).toMatchObject({ path: tar, bytes: (await stat(tar)).size });
  });

  it('ends with the best projection when patience is over', async () => {
    // a rate so low that nothing changes, and so nothing gets better
    const schedule = { ...config().schedule, initLr: 1e-30, minLr: 1e-30, warmupLr: 1e-30 };
    const impatient = { schedule, validateEvery: 1, patience: 2, steps: 30 };
    expect(await run('impatient', impatient)).toMatchObject({ status: 'stopped early', step: 3, best: { step: 1 } });
    const again = await run('impatient', impatient, { resume: true });
    expect(again).toMatchObject({ status: 'stopped early', step: 3, loss: null });
  });

  it('skips damaged samples and goes on', async () => {
    const damaged = await makeTar(folder, 8, [2, 5]);
    const datasets = [{ ...config().datasets[0]!, data: [damaged] }];
    const reporter = recordingReporter();
    await run('damaged', { datasets, steps: 2 }, { reporter });
    expect(reporter.warnings).toEqual([expect.stringContaining('2 samples left out (2 IMAGE_CORRUPT)')]);
    const manifest = await readManifest(join(folder, 'damaged', 'manifest.json'));
    expect(manifest!.skipped).toMatchObject({ total: 2, byReason: { IMAGE_CORRUPT: 2 } });
  });

  it('raises alarms, and gives up on a projection that is not finite', async () => {
    const projection = join(folder, 'nan.safetensors');
    const weight = hostTensor('float32', [256, 128], new Float32Array(256 * 128).fill(Number.NaN));
    const bias = hostTensor('float32', [256], new Float32Array(256));
    await writeSafetensors(projection, { 'llama_proj.weight': weight, 'llama_proj.bias': bias });
    const reporter = recordingReporter();
    const running = run('diverged', { projection, steps: 30, validateEvery: 0 }, { reporter });
    await expect(running).rejects.toMatchObject({ code: 'TRAINING_DIVERGED' });
    expect(reporter.warnings.at(-1)).toContain('LOSS_NOT_FINITE');
  });

  it('warns of a projection far larger than words', async () => {
    const projection = join(folder, 'large.safetensors');
    const weight = hostTensor('float32', [256, 128], new Float32Array(256 * 128));
    const bias = hostTensor('float32', [256], new Float32Array(256).fill(1));
    await writeSafetensors(projection, { 'llama_proj.weight': weight, 'llama_proj.bias': bias });
    const { alarms, sizes } = await run('large', { projection, steps: 1 });
    expect(alarms).toMatchObject([{ code: 'EMBEDDING_SIZE', step: 0 }]);
    expect(sizes.start.embeddingRatio).toBeGreaterThan(5);
  });
});
