import type { Tokenizer } from '../tokenizer/tokenizer.js';

/** Pieces of the sentencepiece model that LLaMA, Llama-2 and every Vicuna share. */
export const llamaPieces = 32000;

/** Texts whose ids MiniGPT-4 lives by: where `###` stands, an answer ends, and it has two spellings. */
const known: readonly (readonly [text: string, ids: readonly number[]])[] = [
  ['###', [835]],
  ['.###', [869, 2277, 29937]],
  ['###Human: <Img>', [835, 29950, 7889, 29901, 529, 25518, 29958]],
];

/**
 * How a tokenizer differs from LLaMA's: nothing for the right one. Looks at the number of pieces, `<s>` = 1, `</s>` = 2
 * and the ids of the markers that MiniGPT-4's prompts are made of.
 */
export function differencesFromLlama(
  tokenizer: Pick<Tokenizer, 'vocabularySize' | 'bosId' | 'eosId' | 'encode'>,
): string[] {
  const { vocabularySize, bosId, eosId } = tokenizer;
  const differences: string[] = [];
  const compare = (what: string, expected: unknown, got: unknown) => {
    if (JSON.stringify(expected) !== JSON.stringify(got)) {
      differences.push(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
    }
  };
  // Vicuna v0 adds a piece for padding
  if (vocabularySize !== llamaPieces + 1) compare('pieces', llamaPieces, vocabularySize);
  compare('<s>', 1, bosId);
  compare('</s>', 2, eosId);
  for (const [text, ids] of known) compare(JSON.stringify(text), ids, tokenizer.encode(text));
  return differences;
}
