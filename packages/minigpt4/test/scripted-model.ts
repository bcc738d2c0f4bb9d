import { join } from 'node:path';
import { KVCache, loadTokenizer, readLlamaConfig, type LanguageModel, type Tokenizer } from '@minigpt4/llm-vicuna';
import { weightsDirectory } from '@minigpt4/tiny';
import type { RgbImage } from '@minigpt4/vision-encoder';
import { MiniGPT4, type MiniGPT4Parts } from '../src/minigpt4.js';

/** The tokenizer of the tiny model. */
export const tokenizer: Tokenizer = await loadTokenizer(join(weightsDirectory(), 'llm'));

/** A language model that says what it is told to; an embedding is an id, and the cache remembers all of them. */
export interface ScriptedModel extends LanguageModel {
  /** Everything it had read when it began each of its answers, earlier turns included. */
  readonly prompts: (readonly number[])[];
}

/** Says the texts, or ids, one after another, each closed by the end-of-sequence id unless it closes with `###`. */
export function scriptedModel(script: readonly (string | readonly number[])[]): ScriptedModel {
  const prompts: (readonly number[])[] = [];
  let begins = true;
  const said = script.flatMap(answer => {
    const ids = typeof answer === 'string' ? tokenizer.encode(answer) : answer;
    const closed = tokenizer.decode(ids).endsWith('###') ? ids : [...ids, tokenizer.eosId];
    return closed.map((id, i) => ({ id, ends: i === closed.length - 1 }));
  });
  return {
    width: 1,
    vocabularySize: tokenizer.vocabularySize,
    eosIds: [tokenizer.eosId],
    prompts,
    embed: async ids => Float32Array.from(ids),
    createCache: (batch = 1) => new KVCache({ layers: 1, batch, kvHeads: 1, headSize: 1 }),
    async forward(embeddings, cache) {
      cache.append(0, embeddings, embeddings, embeddings.length);
      cache.advance(embeddings.length);
      if (begins) prompts.push([...cache.key(0).subarray(1)]);
      const logits = new Float32Array(tokenizer.vocabularySize);
      const { id, ends } = said.shift() ?? { id: tokenizer.eosId, ends: true };
      begins = ends;
      logits[id] = 1;
      return logits;
    },
  };
}

/** A picture that {@link scriptedMiniGPT4} sees as these numbers; keep them between ids, such as 0.5. */
export function picture(...seen: readonly number[]): RgbImage & { readonly seen: readonly number[] } {
  return { width: 1, height: 1, data: Uint8Array.of(0, 0, 0), seen };
}

/** The scripted model with eyes for {@link picture}; `maxPositions` defaults to plenty. */
export function scriptedMiniGPT4(
  language: LanguageModel,
  { maxPositions = 2048, ...parts }: Partial<MiniGPT4Parts> & { readonly maxPositions?: number } = {},
): MiniGPT4 {
  const sizes = { hidden_size: 4, intermediate_size: 4, num_hidden_layers: 1, num_attention_heads: 1, vocab_size: 4 };
  return new MiniGPT4({
    name: 'scripted',
    config: { llm: { ...readLlamaConfig(sizes), maxPositions } },
    tokenizer,
    language,
    encoder: {
      encode: async pictures => pictures.map(seen => Float32Array.from((seen as ReturnType<typeof picture>).seen)),
    },
    ...parts,
  });
}

/** What was read as text, with numbers that are no ids in braces. */
export function textOf(reading: readonly number[]): string {
  let text = '';
  let ids: number[] = [];
  const flush = () => {
    text += tokenizer.decode(ids, { skipSpecial: false });
    ids = [];
  };
  for (const item of reading) {
    if (Number.isInteger(item)) ids.push(item);
    else {
      flush();
      text += `{${item}}`;
    }
  }
  flush();
  return text;
}
