import { random } from '@minigpt4/core';
import type { RgbImage } from '@minigpt4/vision-encoder';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMiniGPT4 } from '../load.js';
import type { MiniGPT4 } from '../minigpt4.js';

/** A disc of one colour on another, so that pictures differ. */
function picture(seed: number): RgbImage {
  const draw = random(seed);
  const [size, radius] = [48, 8 + draw.integer(16)];
  const [inside, outside] = [0, 1].map(() => [draw.integer(256), draw.integer(256), draw.integer(256)]);
  const pixels = Array.from({ length: size * size }, (_, i) =>
    Math.hypot((i % size) - size / 2, Math.floor(i / size) - size / 2) < radius ? inside! : outside!,
  );
  return { width: size, height: size, data: Uint8Array.from(pixels.flat()) };
}

describe('PictureBatch', () => {
  const pictures = [1, 2, 3, 4, 5].map(picture);
  let model: MiniGPT4;

  beforeAll(async () => {
    model = await loadMiniGPT4('tiny', { threads: 1 });
  });
  afterAll(() => model.dispose());

  it('answers each picture as a chat about it alone does, whatever was asked before', async () => {
    const batch = await model.pictureBatch([await model.encodeImage(pictures[0]!), ...pictures.slice(1)]);
    expect(batch.images).toHaveLength(5);
    for (const question of ['What is this?', 'Describe this image in detail.']) {
      const answers = await batch.ask(question, { maxNewTokens: 24 });
      for (const [i, image] of pictures.entries()) {
        const { text, ids, finishReason } = await model.answer(image, question, { maxNewTokens: 24 });
        expect(answers[i]).toEqual({ text, ids, finishReason });
      }
    }
  });

  it('answers questions of different lengths about pictures of choice, in their order', async () => {
    const batch = await model.pictureBatch(pictures.slice(0, 3));
    const questions = ['Is there a dog in the image?', 'What is this?', 'Is there a cat in the image?'].map(
      (question, i) => ({ picture: 2 - i, question }),
    );
    const answers = await batch.ask([...questions, { picture: 2, question: 'What is this?' }], { maxNewTokens: 8 });
    expect(answers).toHaveLength(4);
    for (const [i, { picture: index, question }] of questions.entries()) {
      const { ids } = await model.answer(pictures[index], question, { maxNewTokens: 8 });
      expect(answers[i]!.ids).toEqual(ids);
    }
    const other = await model.answer(pictures[2], 'What is this?', { maxNewTokens: 8 });
    expect(answers[3]!.text).toBe(other.text);
  });

  it('ends at the signal with what there is', async () => {
    const batch = await model.pictureBatch(pictures.slice(0, 2));
    const answers = await batch.ask('What is this?', { signal: AbortSignal.abort() });
    expect(answers).toEqual([0, 1].map(() => ({ text: '', ids: [], finishReason: 'abort' })));
  });

  it('refuses no picture, no words and more words than fit', async () => {
    await expect(model.pictureBatch([])).rejects.toMatchObject({ code: 'BATCH_EMPTY' });
    const batch = await model.pictureBatch(pictures.slice(0, 1));
    await expect(batch.ask(' ')).rejects.toMatchObject({ code: 'EMPTY_QUESTION' });
    await expect(batch.ask('why '.repeat(600))).rejects.toMatchObject({ code: 'CONTEXT_FULL' });
  });
});
