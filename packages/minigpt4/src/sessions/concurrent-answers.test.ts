import { join } from 'node:path';
import { batchedLanguageModel, generate, type GenerationOptions, type LanguageModel } from '@minigpt4/llm-vicuna';
import { weightsDirectory } from '@minigpt4/tiny';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadLanguageModel, type LoadedLanguageModel } from '../language/load-language-model.js';

const questions = [
  'What is this?',
  'It is a dog. It belongs to animals and',
  'A red apple.',
  'The cat sits on the',
  'What category is it? It is',
  'Describe this image in detail. The picture shows a small',
  'Is there a cat in the image?',
];

describe('concurrent answers of the tiny model', () => {
  let loaded: LoadedLanguageModel;
  let prompts: readonly Float32Array[];

  beforeAll(async () => {
    loaded = await loadLanguageModel(join(weightsDirectory(), 'llm'), { threads: 1 });
    const { model, tokenizer } = loaded;
    // long prompts and short ones
    const texts = Array.from({ length: 20 }, (_, i) => questions.slice(0, 1 + (i % 7)).join(' ') + ' why'.repeat(i));
    prompts = await Promise.all(texts.map(text => model.embed(tokenizer.encode(text, { bos: true }))));
  });
  afterAll(() => loaded.model.dispose());

  const ask = async (model: LanguageModel, prompt: Float32Array, options: GenerationOptions) => {
    const generation = generate(model, prompt, options);
    for (;;) {
      const { done, value } = await generation.next();
      if (done) return value;
    }
  };

  it('are those of each prompt alone, in fewer runs, also when some are broken off', async () => {
    const { model } = loaded;
    let runs = 0;
    const counting: LanguageModel = {
      width: model.width,
      vocabularySize: model.vocabularySize,
      eosIds: model.eosIds,
      embed: ids => model.embed(ids),
      createCache: batch => model.createCache(batch),
      forward: (...given) => (runs++, model.forward(...given)),
      forwardEach: (...given) => (runs++, model.forwardEach(...given)),
    };
    const batched = batchedLanguageModel(counting, { maxBatch: 20, chunkTokens: 32 });
    const controllers = prompts.map(() => new AbortController());
    const answers = await Promise.all(
      prompts.map((prompt, i) => {
        const brokenOff = (_: Float32Array, generated: readonly number[]) => {
          if (i % 5 === 3 && generated.length === 4) controllers[i]!.abort();
        };
        const { signal } = controllers[i]!;
        return ask(batched, prompt, { maxNewTokens: 6 + i, eosIds: [], signal, processors: [brokenOff] });
      }),
    );
    const together = runs;
    let total = 0;
    for (const [i, prompt] of prompts.entries()) {
      const { ids, finishReason } = answers[i]!;
      expect(finishReason).toBe(i % 5 === 3 ? 'abort' : 'length');
      expect(ids).toEqual((await ask(model, prompt, { maxNewTokens: ids.length, eosIds: [] })).ids);
      total += ids.length;
    }
    expect(answers[0]!.ids).toHaveLength(6);
    expect(together).toBeLessThan(total / 2);
  });

  it('are those of each alone for beams and draws too', async () => {
    const { model } = loaded;
    const batched = batchedLanguageModel(model);
    const kinds: GenerationOptions[] = [
      { beams: 4, maxNewTokens: 12 },
      { temperature: 1, seed: 3, maxNewTokens: 12 },
      { temperature: 1, seed: 3, returnSequences: 3, maxNewTokens: 12 },
      { maxNewTokens: 12 },
    ];
    const answers = await Promise.all(kinds.map((options, i) => ask(batched, prompts[i]!, options)));
    for (const [i, options] of kinds.entries()) {
      expect(answers[i]!.sequences).toEqual((await ask(model, prompts[i]!, options)).sequences);
    }
  });
});
