import type { Tokenizer } from '@minigpt4/llm-vicuna';

/**
 * Id that fills the rows of caption batches up, and is no target: end-of-sequence as in the original, unless that is
 * part of the end symbol, which has to be learned; then the first other control token.
 */
export function paddingId(tokenizer: Tokenizer, endSymbol: string): number {
  const ends = tokenizer.encode(endSymbol);
  if (!ends.includes(tokenizer.eosId)) return tokenizer.eosId;
  const ids = Array.from({ length: tokenizer.vocabularySize }, (_, id) => id);
  return ids.find(id => tokenizer.isSpecial(id) && !ends.includes(id)) ?? tokenizer.eosId;
}
