import { basename, resolve } from 'node:path';
import { verifyCheckpoint, type Checkpoint } from '@minigpt4/checkpoint';
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
  /** Is told what is being loaded and how it computes, a short line at a time. Defaults to nobody. */
  readonly onProgress?: (message: string) => void;
}

/** What the files of a language model say of it before any weight is read. */
export interface LanguageDescription {
  readonly name: string;
  /** A GGUF file, or a directory of Hugging Face. */
  readonly path: string;
  readonly config: LlamaConfig;
  readonly tokenizer: Tokenizer;
  /** Writes a conversation as the model was trained to read it; absent where its files hold no template. */
  readonly renderChat?: RenderChat;
}

/** A language model without eyes; dispose `model` to give the memory back. */
export interface LoadedLanguageModel extends LanguageDescription {
  readonly model: SessionLanguageModel;
}

/**
 * Describes a language model alone: a GGUF file, the directory of one, or a directory of Hugging Face.
 *
 * @throws `MODEL_NOT_FOUND`, `CONFIG_INVALID`, `TOKENIZER_INVALID`, `TEMPLATE_INVALID`, and errors of `openCheckpoint`
 */
export async function describeLanguageModel(source: string): Promise<LanguageDescription> {
  const file = await findLanguageFile(source);
  const path = file ?? resolve(source);
  const name = file === undefined ? basename(path) : languageModelName(source, file);
  const config = await readLanguageConfig(path);
  const tokenizer = await loadLanguageTokenizer(path);
  const renderChat = await readChatTemplate(path, tokenizer);
  return { name, path, config, tokenizer, ...(renderChat && { renderChat }) };
}

/**
 * Loads what {@link describeLanguageModel} described.
 *
 * @throws `CHECKPOINT_MISMATCH`, and errors of `openCheckpoint`
 */
export async function openLanguageModel(
  { name, path, config, tokenizer }: LanguageDescription,
  options: LanguageModelLoadOptions = {},
): Promise<SessionLanguageModel> {
  const { onProgress } = options;
  onProgress?.(`opening ${name}`);
  await using weights = await openLanguageWeights(path, config);
  const { embedTokens, decoderStep } = languageModelGraphs(config);
  verifyLanguageWeights(weights, config, [embedTokens, decoderStep]);
  onProgress?.('loading the language model');
  return await SessionLanguageModel.create(config, weights, { ...options, eosIds: [tokenizer.eosId] });
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
  options: LanguageModelLoadOptions = {},
): Promise<LoadedLanguageModel> {
  const described = await describeLanguageModel(source);
  return { ...described, model: await openLanguageModel(described, options) };
}

function verifyLanguageWeights(weights: Checkpoint, { tiedHead }: LlamaConfig, graphs: readonly Graph[]): void {
  const ignore = [...unusedLlamaWeights, ...(tiedHead ? [/^lm_head\.weight$/] : [])];
  verifyCheckpoint(weights, graphs.flatMap(expectedTensors), { ignore });
}
