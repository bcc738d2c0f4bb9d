import { MiniGPT4Error } from '@minigpt4/core';
import { ImageEncoder, imageEncoderGraph, type ComputeOptions } from './sessions/image-encoder.js';
import { findLanguageFile, loadLanguageTokenizer } from './language/language-files.js';
import { loadLanguageModel } from './language/load-language-model.js';
import { renderedFormat } from './language/prompt-format.js';
import { MiniGPT4 } from './minigpt4.js';
import { describeModel, presetNames, type ModelDescription } from './model/model-directory.js';
import { openModelWeights, verifyModelWeights } from './model/model-weights.js';
import { languageModelGraphs, SessionLanguageModel } from './sessions/session-language-model.js';

/** Options of {@link loadMiniGPT4}. */
export interface LoadOptions extends ComputeOptions {
  /** Path of another trained projection, `.pth` or safetensors. Defaults to the model's own. */
  readonly projection?: string;
  /** Is told what is being loaded, a short line at a time. */
  readonly onProgress?: (message: string) => void;
}

/**
 * Loads a whole MiniGPT-4: opens the checkpoints where they lie, builds the graphs and binds them. A GGUF file of a
 * language model, or a directory with one and no `config.json`, gives a model that chats by the file's own template and
 * refuses pictures.
 *
 * @param source a preset name such as `tiny`, a model directory, a GGUF file, or a description made by {@link describeModel}
 * @throws `MODEL_NOT_FOUND`, `CONFIG_INVALID`, `CONFIG_MISMATCH`, `IMAGES_UNSUPPORTED` for a projection of a model
 * without eyes, or `CHECKPOINT_MISMATCH` with every missing, mis-shaped and unknown tensor at once
 */
export async function loadMiniGPT4(source: string | ModelDescription, options: LoadOptions = {}): Promise<MiniGPT4> {
  if (typeof source !== 'string') return loadDescribed(source, options);
  const textOnly = !presetNames().includes(source) && (await findLanguageFile(source)) !== undefined;
  return textOnly ? loadTextOnly(source, options) : loadDescribed(await describeModel(source), options);
}

async function loadDescribed(described: ModelDescription, options: LoadOptions): Promise<MiniGPT4> {
  const { onProgress, projection = described.files.projection, ...sessionOptions } = options;
  const description = { ...described, files: { ...described.files, projection } };
  const { config, name } = description;
  onProgress?.(`opening ${name}`);
  const tokenizer = await loadLanguageTokenizer(description.files.llm);
  const weights = await openModelWeights(description);
  const disposables: { dispose(): Promise<void> }[] = [];
  try {
    const graphs = languageModelGraphs(config.llm);
    const imageGraph = imageEncoderGraph(config);
    verifyModelWeights(weights, description, [imageGraph, graphs.embedTokens, graphs.decoderStep]);
    onProgress?.('loading the image encoder');
    const encoder = await ImageEncoder.create(config, weights, sessionOptions);
    disposables.push(encoder);
    onProgress?.('loading the language model');
    const language = await SessionLanguageModel.create(config.llm, weights, {
      eosIds: [tokenizer.eosId],
      ...sessionOptions,
    });
    return new MiniGPT4({ name, config, tokenizer, encoder, language });
  } catch (error) {
    await Promise.all(disposables.map(part => part.dispose()));
    throw error;
  } finally {
    await weights.close();
  }
}

async function loadTextOnly(source: string, { projection, ...options }: LoadOptions): Promise<MiniGPT4> {
  if (projection !== undefined) {
    throw new MiniGPT4Error(
      'IMAGES_UNSUPPORTED',
      `${source}: a language model alone, expected no projection, got "${projection}". Load a model directory with a vision encoder.`,
    );
  }
  const { name, config: llm, tokenizer, model: language, renderChat } = await loadLanguageModel(source, options);
  const format = renderChat === undefined ? {} : { format: renderedFormat(renderChat, tokenizer) };
  return new MiniGPT4({ name, config: { llm }, tokenizer, language, ...format });
}
