import { openCheckpoint } from '@minigpt4/checkpoint';
import { asFloat32, hostTensor, random } from '@minigpt4/core';
import { createSession } from '@minigpt4/onnx-session';
import { expectClose } from '@minigpt4/testing';
import { expect, it } from 'vitest';
import { describeModel } from '../model/model-directory.js';
import { SessionLanguageModel } from '../sessions/session-language-model.js';
import { captionBatch, captionInputs } from './caption-batch.js';
import { captionLossGraph } from './caption-loss.js';

it('gives the same loss and gradient whatever the backward pass computes again', async () => {
  const { config, files } = await describeModel('tiny');
  const weights = await openCheckpoint(files.llm);
  const language = await SessionLanguageModel.create(config.llm, weights, { eosIds: [], threads: 1 });
  const rows = captionBatch({ before: [1], after: [], texts: [[300, 400, 500], [600]], imageTokens: 12, padId: 2 });
  const inputs = await captionInputs(rows, config.llm.width, ids => language.embed(ids));
  const { normal } = random(3);
  const images = Float32Array.from({ length: 2 * 12 * config.llm.width }, () => 0.1 * normal());
  const feeds = { ...inputs, image_embeds: hostTensor('float32', [2, 12, config.llm.width], images) };
  const results = [];
  for (const recompute of ['activations', 'layers'] as const) {
    await using session = await createSession(captionLossGraph(config.llm, 12, { recompute }), { weights, threads: 1 });
    results.push(await session.run(feeds));
  }
  const [first, second] = results;
  expect(asFloat32(first!.loss!)[0]).toBeGreaterThan(1);
  expectClose(asFloat32(second!.loss!), asFloat32(first!.loss!), { relative: 1e-5 });
  expectClose(asFloat32(second!.gradient!), asFloat32(first!.gradient!), { absolute: 1e-7, relative: 1e-3 });
  await Promise.all([language.dispose(), weights.close()]);
});
