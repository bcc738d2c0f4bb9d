import { basename, resolve } from 'node:path';
import { readGgufMetadata, verifyCheckpoint, type Checkpoint } from '@minigpt4/checkpoint';
import { unusedLlamaWeights, type LlamaConfig, type Tokenizer } from '@minigpt4/llm-vicuna';
import type { RenderChat } from '@minigpt4/llm-vicuna/gguf';
import type { Graph } from '@minigpt4/onnx-graph';
import { expectedTensors } from '@minigpt4/onnx-session';
import type { ComputeOptions } from '../sessions/image-encoder.js';
import { languageModelGraphs, SessionLanguageModel } from '../sessions/session-language-model.js';
import {
  findLanguageFile,
  languageModelName,
  loadLanguageTokenizer,
  openLanguageWeights,
  readChatTemplate,
  readLanguageConfig,
} from './language-files.js';

/** Options of {@link loadLanguageModel}. */
export interface LanguageModelLoadOptions extends ComputeOptions {
  /** Is told what is being loaded, a short line at a time. Defaults to nobody. */
  readonly onProgress?: (message: string) => void;
}

/** A language model without eyes; dispose `model` to give the memory back. */
export interface LoadedLanguageModel {
  readonly name: string;
  readonly config: LlamaConfig;
  readonly tokenizer: Tokenizer;
  readonly model: SessionLanguageModel;
  /** Writes a conversation as the model was trained to read it; absent where its files hold no template. */
  readonly renderChat?: RenderChat;
}

/**
 * Loads a language model alone: a GGUF file, the directory of one, or a directory of Hugging Face.
 *
 * @throws `MODEL_NOT_FOUND`, `CONFIG_INVALID`, `TOKENIZER_INVALID`, `CHECKPOINT_MISMATCH` with every missing, mis-shaped
 * and unknown tensor at once, and errors of `openCheckpoint`
 *
 * @example
 * const { model, tokenizer, renderChat } = await loadLanguageModel('SmolLM2-135M-Instruct.Q4_1.gguf');
 * const prompt = renderChat!([{ role: 'user', content: 'Why is the sky blue?' }]);
 * for await (const { id } of generate(model, await model.embed(tokenizer.encode(prompt)))) console.log(id);
 */
export async function loadLanguageModel(
  source: string,
  { onProgress, ...options }: LanguageModelLoadOptions = {},
): Promise<LoadedLanguageModel> {
  const file = await findLanguageFile(source);
  const path = file ?? resolve(source);
  const name = file === undefined ? basename(path) : languageModelName(source, file);
  onProgress?.(`opening ${name}`);
  const config = await readLanguageConfig(path);
  const tokenizer = await loadLanguageTokenizer(path);
  const renderChat = file === undefined ? undefined : readChatTemplate(await readGgufMetadata(file), tokenizer);
  await using weights = await openLanguageWeights(path, config);
  const { embedTokens, decoderStep } = languageModelGraphs(config);
  verifyLanguageWeights(weights, config, [embedTokens, decoderStep]);
  onProgress?.('loading the language model');
  const model = await SessionLanguageModel.create(config, weights, { ...options, eosIds: [tokenizer.eosId] });
  return { name, config, tokenizer, model, ...(renderChat && { renderChat }) };
}

function verifyLanguageWeights(weights: Checkpoint, { tiedHead }: LlamaConfig, graphs: readonly Graph[]): void {
  const ignore = [...unusedLlamaWeights, ...(tiedHead ? [/^lm_head\.weight$/] : [])];
  verifyCheckpoint(weights, graphs.flatMap(expectedTensors), { ignore });
}
