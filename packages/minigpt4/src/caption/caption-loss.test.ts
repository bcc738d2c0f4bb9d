import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { asFloat32, hostTensor, random } from '@minigpt4/core';
import { createSession, type SessionOptions } from '@minigpt4/onnx-session';
import { expectClose } from '@minigpt4/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { describeModel } from '../model/model-directory.js';
import { SessionLanguageModel } from '../sessions/session-language-model.js';
import { captionBatch, captionInputs } from './caption-batch.js';
import { captionLossGraph, type CaptionLossOptions } from './caption-loss.js';

const { config, files } = await describeModel('tiny');
const weights = await openCheckpoint(files.llm);
const weightFolder = await mkdtemp(join(tmpdir(), 'caption-loss-test-'));
afterAll(async () => {
  await weights.close();
  await rm(weightFolder, { recursive: true });
});

/** Two rows of unequal length after images that are the embeddings of words. */
async function inputs() {
  const language = await SessionLanguageModel.create(config.llm, weights, { eosIds: [], threads: 1 });
  const rows = captionBatch({ before: [1], after: [], texts: [[300, 400, 500], [600]], imageTokens: 12, padId: 2 });
  const { integer } = random(3);
  const images = await language.embed(Array.from({ length: 24 }, () => 300 + integer(1000)));
  const texts = await captionInputs(rows, config.llm.width, ids => language.embed(ids));
  await language.dispose();
  return { ...texts, image_embeds: hostTensor('float32', [2, 12, config.llm.width], images) };
}

const feeds = await inputs();

async function run(graphOptions: CaptionLossOptions = {}, sessionOptions: SessionOptions = {}) {
  const options = { weights, threads: 1, weightFolder, ...sessionOptions };
  await using session = await createSession(captionLossGraph(config.llm, 12, graphOptions), options);
  const { loss, gradient } = await session.run(feeds);
  return { loss: asFloat32(loss!)[0]!, gradient: [...asFloat32(gradient!)] };
}

const plain = await run();

describe('captionLossGraph', () => {
  it('gives the same loss and gradient whatever the backward pass computes again', async () => {
    const again = await run({ recompute: 'layers' });
    expect(plain.loss).toBeGreaterThan(1);
    expectClose([again.loss], [plain.loss], { relative: 1e-5 });
    expectClose(again.gradient, plain.gradient, { absolute: 1e-7, relative: 1e-3 });
  });

  // measured: 0 and 1e-6 (the file is in half precision), 3e-5 and 6e-3, 1e-3 and 3e-2, 2e-3 and 0.19
  it.each([
    ['float16', { loss: 1e-6, gradient: 1e-5 }],
    ['int16', { loss: 2e-4, gradient: 2e-2 }],
    ['int8', { loss: 5e-3, gradient: 0.08 }],
    ['int4', { loss: 2e-2, gradient: 0.4 }],
  ] as const)('comes close through weights held as %s', async (storage, error) => {
    const found = await run({}, { storage });
    const size = (values: readonly number[]) => Math.hypot(...values);
    expectClose([found.loss], [plain.loss], { relative: error.loss });
    const off = size(found.gradient.map((value, i) => value - plain.gradient[i]!)) / size(plain.gradient);
    expect(off).toBeLessThan(error.gradient);
  });

  it('recomputes layers through quantized weights', async () => {
    const [kept, again] = [await run({}, { storage: 'int8' }), await run({ recompute: 'layers' }, { storage: 'int8' })];
    expect(again).toEqual(kept);
  });
});
