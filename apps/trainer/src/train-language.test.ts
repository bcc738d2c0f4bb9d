import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expectClose } from '@minigpt4/testing';
import { describeModel } from 'minigpt4';
import { describe, expect, it } from 'vitest';
import { makeTar, temporaryFolder } from '../test/make-set.js';
import { recordingReporter } from '../test/recording-reporter.js';
import { tinyStage1 } from './configs/tiny-stage1.js';
import type { TrainConfig } from './config/train-config.js';
import { readManifest } from './run/manifest.js';
import { train } from './train.js';

describe('training through a language model', async () => {
  const folder = await temporaryFolder();
  const tar = await makeTar(folder, 5);

  const run = (name: string, changes: Partial<TrainConfig> = {}, options: object = {}) =>
    train(
      {
        ...tinyStage1,
        datasets: [{ ...tinyStage1.datasets[0]!, data: [tar], batchSize: 4 }],
        steps: 3,
        validateEvery: 0,
        sampleEvery: 0,
        threads: 1,
        ...changes,
      },
      { output: join(folder, name), features: join(folder, 'features'), reporter: recordingReporter(), ...options },
    );
  const projectionOf = (name: string) => readFile(join(folder, name, 'projection.safetensors'));
  const manifestOf = (name: string) => readManifest(join(folder, name, 'manifest.json'));

  it('takes another one in place of its own, and ends texts as the model does', async () => {
    await run('own');
    const template = { prompt: '', endSymbol: null };
    const { files } = await describeModel('tiny');
    await run('named', { languageModel: files.llm, template });
    expect(await projectionOf('named')).toEqual(await projectionOf('own'));
    expect(await manifestOf('named')).toMatchObject({
      model: { name: 'tiny with llm' },
      config: { template: { prompt: '', endSymbol: '###' } },
    });
  });

  it('starts at the size of word embeddings when it is told to', async () => {
    const { sizes } = await run('matched', { projection: 'matched', steps: 1 });
    expectClose([sizes.start.embeddingRatio], [1], { relative: 1e-4 });
  });

  it('holds its weights as it is told to, notes it, and keeps to it on a resume', async () => {
    const stored = await run('stored');
    const half = await run('half', { languageWeights: 'float16', steps: 2 });
    expect(await manifestOf('half')).toMatchObject({ backend: { languageWeights: 'float16' } });
    await expect(run('half', { languageWeights: 'as stored' }, { resume: true })).rejects.toMatchObject({
      code: 'RESUME_MISMATCH',
    });
    const resumed = await run('half', {}, { resume: true });
    expect(await manifestOf('half')).toMatchObject({ backend: { languageWeights: 'float16' }, step: 3 });
    expect(half.loss).not.toBe(stored.loss);
    expectClose([resumed.loss!], [stored.loss!], { relative: 0.01 });
  });
});
