import { createHash } from 'node:crypto';
import type { Checkpoint } from '@minigpt4/checkpoint';
import type { LlamaConfig, Tokenizer } from '@minigpt4/llm-vicuna';
import { differencesFromLlama } from '@minigpt4/llm-vicuna/merge';
import type { Json } from '../model/read-json.js';
import { fine, trouble, type Finding } from './diagnosis.js';

/** Rows of LLaMA's vocabulary; Vicuna v0 has one more, for padding. */
const llamaRows = 32000;

/** Which members of the family a model may be, as far as its sizes tell. */
export type LanguageFamily = 'vicuna-v0' | 'llama-1' | 'llama-2' | 'other';

/** Tells a model by rows, positions and epsilon. */
export function familyOf({ vocabularySize: rows, maxPositions, rmsNormEpsilon }: LlamaConfig): LanguageFamily {
  if (rows !== llamaRows && rows !== llamaRows + 1) return 'other';
  if (maxPositions > 2048 || rmsNormEpsilon > 5e-6) return 'llama-2';
  return rows === llamaRows ? 'llama-1' : 'vicuna-v0';
}

/** The family in words. */
export const familyNames: Readonly<Record<LanguageFamily, string>> = {
  'vicuna-v0': 'Vicuna v0',
  'llama-1': 'LLaMA, or a Vicuna from v1.1 on',
  'llama-2': 'Llama-2, or a Vicuna from v1.5 on',
  other: 'another model of the LLaMA family',
};

/**
 * Whether this is the language model that a projection of MiniGPT-4 was trained for. `pictures` says whether one stands
 * before it, and of which variant.
 */
export function familyFinding(config: LlamaConfig, pictures: 'qformer' | 'patches' | 'none'): Finding {
  const family = familyOf(config);
  const message = `${familyNames[family]}: ${config.vocabularySize} rows, ${config.layers} layers of width ${config.width}, ${config.maxPositions} positions`;
  const wanted = pictures === 'qformer' ? 'vicuna-v0' : 'llama-2';
  if (pictures === 'none' || family === 'other' || family === wanted) return fine('LANGUAGE_MODEL', message);
  const text = `${message}; the projections of MiniGPT-4 with${pictures === 'qformer' ? '' : 'out'} Q-Former were trained for ${familyNames[wanted]}`;
  const fix =
    pictures === 'qformer' ? 'Make Vicuna v0 by minigpt4-chat merge-delta.' : 'Use meta-llama/Llama-2-7b-chat-hf.';
  // without its padding row a v0 is the same model: nothing here can tell it from a later one
  return trouble(pictures === 'qformer' && family === 'llama-1' ? 'warning' : 'failure', 'LANGUAGE_MODEL', text, fix);
}

/** Tokenizer against model: as many rows as pieces, and LLaMA's ids where the vocabulary is LLaMA's. */
export function tokenizerFindings(tokenizer: Tokenizer, { vocabularySize: rows }: LlamaConfig): Finding[] {
  const pieces = tokenizer.vocabularySize;
  const fix = 'Use the tokenizer that came with the weights.';
  const enough =
    pieces <= rows
      ? fine('TOKENIZER', `${pieces} pieces for ${rows} rows`)
      : trouble('failure', 'TOKENIZER', `${pieces} pieces, expected at most ${rows}, the rows of the model`, fix);
  const hashes = `"###" is ${JSON.stringify(tokenizer.encode('###'))}, and ${JSON.stringify(tokenizer.encode('.###').slice(1))} behind a full stop`;
  const isLlama = rows === llamaRows || rows === llamaRows + 1;
  const differences = isLlama ? differencesFromLlama(tokenizer) : [];
  if (differences.length === 0) return [enough, fine('MARKER_IDS', hashes)];
  return [enough, trouble('failure', 'MARKER_IDS', `not LLaMA's tokenizer, ${differences.join('; ')}`, fix)];
}

/** The known trap of Vicuna's directories: ids in `config.json` that its tokenizer does not have. */
export function configIdsFinding(json: Json, { bosId, eosId }: Tokenizer): Finding | undefined {
  const named = [json.bos_token_id, json.eos_token_id];
  if (named.every((id, i) => id === undefined || id === null || id === [bosId, eosId][i])) return undefined;
  return trouble(
    'warning',
    'CONFIG_IDS',
    `config.json names <s> ${String(named[0])} and </s> ${String(named[1])}, the tokenizer ${bosId} and ${eosId}, which are used here`,
    'Correct config.json for the sake of other programs.',
  );
}

/** sha256 over names, types, shapes and the first row of every tensor. Reads a few hundred rows. */
export async function languageModelDigest(weights: Checkpoint): Promise<string> {
  const hash = createHash('sha256');
  for (const name of weights.names().toSorted((a, b) => (a < b ? -1 : 1))) {
    const { dtype, shape, storedAs = '' } = weights.info(name)!;
    hash.update(JSON.stringify([name, dtype, shape, storedAs]));
    if (shape.length === 0 || shape[0] === 0) continue;
    const { data } = await weights.readRows(name, 0, 1);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
