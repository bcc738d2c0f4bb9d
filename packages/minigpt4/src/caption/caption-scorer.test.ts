import { asFloat32, hostTensor, random } from '@minigpt4/core';
import { createSession } from '@minigpt4/onnx-session';
import { expectClose } from '@minigpt4/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captionBatch, captionInputs } from './caption-batch.js';
import { captionLossGraph } from './caption-loss.js';
import { CaptionScorer } from './caption-scorer.js';
import { imageTokens } from '../config.js';
import { ImageEmbeddings } from '../chat/image-embeddings.js';
import { describeModel } from '../model/model-directory.js';
import { openModelWeights } from '../model/model-weights.js';
import { languageModelGraphs } from '../sessions/session-language-model.js';

describe('CaptionScorer', () => {
  let scorer: CaptionScorer;
  let images: ImageEmbeddings[];
  let captions: number[][];

  beforeAll(async () => {
    scorer = await CaptionScorer.load('tiny', { threads: 1 });
    const { llm } = scorer.config;
    const tokens = imageTokens(scorer.config);
    const draw = random(3);
    images = [0, 1, 2].map(
      () =>
        new ImageEmbeddings(
          Float32Array.from({ length: tokens * llm.width }, () => 0.05 * draw.normal()),
          tokens,
        ),
    );
    captions = ['a red disc###', 'sun', 'the moon, a planet of cheese###'].map(text => scorer.tokenizer.encode(text));
  });
  afterAll(() => scorer.dispose());

  it('gives in sum the loss that training sees', async () => {
    const description = await describeModel('tiny');
    const { llm } = description.config;
    await using weights = await openModelWeights(description);
    await using session = await createSession(captionLossGraph(llm, imageTokens(description.config)), { weights });
    await using embedder = await createSession(languageModelGraphs(llm).embedTokens, { weights });
    const rows = captionBatch({
      before: [scorer.tokenizer.bosId],
      after: [],
      texts: captions,
      imageTokens: imageTokens(description.config),
      padId: scorer.tokenizer.eosId,
    });
    const inputs = await captionInputs(rows, llm.width, async ids => {
      const { embeddings } = await embedder.run({
        ids: hostTensor('int64', [ids.length], BigInt64Array.from(ids, BigInt)),
      });
      return asFloat32(embeddings!);
    });
    const data = Float32Array.from(images.flatMap(image => [...image.data]));
    const image_embeds = hostTensor('float32', [3, rows.imageTokens, llm.width], data);
    const { loss } = await session.run({ ...inputs, image_embeds }, ['loss']);

    const scores = await scorer.score(captions.map((ids, i) => ({ image: images[i]!, ids })));
    const total = scores.reduce((sum, { logLikelihood }) => sum + logLikelihood, 0);
    expect(scores.map(({ tokens }) => tokens)).toEqual(captions.map(ids => ids.length));
    expectClose([-total / captions.flat().length], asFloat32(loss!), { absolute: 1e-5 });
  });

  it('gives a caption the same score alone and beside longer ones', async () => {
    const rows = captions.map((ids, i) => ({ image: images[i]!, ids }));
    const together = await scorer.score(rows);
    for (const [i, row] of rows.entries()) {
      const [alone] = await scorer.score([row]);
      expectClose([alone!.logLikelihood], [together[i]!.logLikelihood], { absolute: 1e-4 });
    }
    const [other] = await scorer.score([{ image: images[1]!, ids: captions[0]! }]);
    expect(Math.abs(other!.logLikelihood - together[0]!.logLikelihood)).toBeGreaterThan(1e-3);
  });

  it('refuses nothing to score', async () => {
    await expect(scorer.score([])).rejects.toMatchObject({ code: 'BATCH_EMPTY' });
    const padding = [scorer.tokenizer.eosId];
    await expect(scorer.score([{ image: images[0]!, ids: padding }])).rejects.toMatchObject({ code: 'LABELS_EMPTY' });
  });
});
