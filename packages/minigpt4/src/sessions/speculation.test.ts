import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate, type GenerationOptions, type LanguageModel } from '@minigpt4/llm-vicuna';
import { sharedPath } from '@minigpt4/testing';
import { weightsDirectory } from '@minigpt4/tiny';
import { describe, expect, it } from 'vitest';
import { loadLanguageModel } from '../language/load-language-model.js';

async function answer(model: LanguageModel, prompt: readonly number[], options: GenerationOptions) {
  const generation = generate(model, await model.embed(prompt), { promptIds: prompt, ...options });
  for (;;) {
    const { done, value } = await generation.next();
    if (done) return value;
  }
}

const speculate = { tokens: 4, ngram: 2 };

describe('guessing ahead', () => {
  it('gives the ids of the tiny model, greedy and drawn, with right guesses among them', async () => {
    const { model, tokenizer } = await loadLanguageModel(join(weightsDirectory(), 'llm'), { threads: 1 });
    const text = 'It is a dog. It belongs to animals and nature. It is a cat. It belongs to';
    const prompt = tokenizer.encode(text, { bos: true });
    let right = 0;
    for (const options of [{}, { repetitionPenalty: 1.1 }, { temperature: 0.7, seed: 2 }]) {
      const plain = await answer(model, prompt, { ...options, maxNewTokens: 48, eosIds: [] });
      const guessing = await answer(model, prompt, { ...options, maxNewTokens: 48, eosIds: [], speculate });
      expect(guessing.ids).toEqual(plain.ids);
      right += guessing.guesses!.right;
    }
    expect(right).toBeGreaterThan(10);
    await model.dispose();
  });

  const file = sharedPath('models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf');
  const golden = sharedPath('goldens/smollm2/greedy.json');

  it.skipIf(!file || !golden)(
    'gives the greedy ids that transformers gives with SmolLM2',
    async () => {
      const { cases, max_new_tokens, eos_id } = JSON.parse(await readFile(golden!, 'utf8'));
      const { model } = await loadLanguageModel(file!, { threads: 1 });
      for (const { prompt_ids, new_ids } of cases) {
        const options = { maxNewTokens: max_new_tokens, eosIds: [eos_id], speculate };
        const { ids, guesses } = await answer(model, prompt_ids, options);
        expect(ids).toEqual(new_ids);
        expect(guesses!.right).toBeLessThanOrEqual(guesses!.made);
      }
      await model.dispose();
    },
    60_000,
  );
});
