import { MiniGPT4Error } from '@minigpt4/core';
import { batchedLanguageModel, type LlamaConfig, type Tokenizer } from '@minigpt4/llm-vicuna';
import { ImageEncoder, imageEncoderGraph, type ComputeOptions } from './sessions/image-encoder.js';
import {
  findLanguageFile,
  isLanguageDirectory,
  loadLanguageTokenizer,
  openLanguageWeights,
  readChatTemplate,
} from './language/language-files.js';
import { describeLanguageModel, openLanguageModel } from './language/load-language-model.js';
import { languageModelTemplate } from './config.js';
import { renderedFormat, type PromptFormat } from './language/prompt-format.js';
import { MiniGPT4 } from './minigpt4.js';
import type { DescribeOptions, ModelDescription } from './model/model-description.js';
import { describeModel, presetNames } from './model/model-directory.js';
import { openModelWeights, openPictureWeights, verifyModelWeights } from './model/model-weights.js';
import { holdsOriginals } from './originals/scan-directory.js';
import { isUntrained } from './originals/smol-preset.js';
import { originalPictureEncoder, type LanguagePart, type PictureEncoder } from './picture-encoder.js';
import { languageModelGraphs, SessionLanguageModel } from './sessions/session-language-model.js';

/** Options of {@link loadMiniGPT4}. */
export interface LoadOptions extends ComputeOptions, DescribeOptions {
  /** Path of another trained projection, `.pth` or safetensors. Defaults to the model's own. */
  readonly projection?: string;
  /** Stands in for vision encoder, Q-Former and projection, none of which is loaded then. Defaults to the model's own. */
  readonly encoder?: PictureEncoder;
  /**
   * Stands in for the language model, which is not loaded then; it reads and says ids of the source's tokenizer. Put a
   * {@link MiniGPT4} together by its constructor for another one. Defaults to the model's own.
   */
  readonly language?: LanguagePart;
  /** Computes answers that are wanted at the same time together, token by token. Defaults to false: they take turns. */
  readonly concurrent?: boolean;
  /** Is told what is being loaded, a short line at a time. */
  readonly onProgress?: (message: string) => void;
}

/**
 * Loads a whole MiniGPT-4: opens the checkpoints where they lie, builds the graphs and binds them. A language model
 * alone (a GGUF file, the directory of one, or a directory of Hugging Face) gives a model that chats by its own template
 * and refuses pictures unless it is given an encoder.
 *
 * @param source a preset name such as `tiny` (others than it with the option `directory`), a model directory, a language model alone, or a description made by {@link describeModel}
 * @throws the errors of {@link describeModel}, `IMAGES_UNSUPPORTED` for a projection of a model
 * without eyes, or `CHECKPOINT_MISMATCH` with every missing, mis-shaped and unknown tensor at once
 */
export async function loadMiniGPT4(source: string | ModelDescription, options: LoadOptions = {}): Promise<MiniGPT4> {
  if (typeof source !== 'string') return loadDescribed(source, options);
  const { directory, files, ...loading } = options;
  if (!presetNames().includes(source) && (await isLanguageModelAlone(source))) return loadTextOnly(source, loading);
  const described = await describeModel(source, {
    ...(directory !== undefined && { directory }),
    ...(files && { files }),
  });
  const textOnly = loading.projection === undefined && isUntrained(described);
  return textOnly ? loadTextOnly(described.files.llm, loading) : loadDescribed(described, loading);
}

async function isLanguageModelAlone(source: string): Promise<boolean> {
  const language = (await findLanguageFile(source)) ?? (await isLanguageDirectory(source));
  return language !== false && !(await holdsOriginals(source));
}

async function loadDescribed(described: ModelDescription, options: LoadOptions): Promise<MiniGPT4> {
  const { projection, concurrent = false, ...stageOptions } = options;
  const files = { ...described.files, ...(projection !== undefined && { projection }) };
  const description = { ...described, files };
  const { config, name } = description;
  options.onProgress?.(`opening ${name}`);
  const tokenizer = await loadLanguageTokenizer(files.llm);
  const format = await ownFormat(description, tokenizer);
  const { encoder, language } = await openStages(description, tokenizer, stageOptions);
  const shared = concurrent ? together(language, config.llm) : language;
  return new MiniGPT4({ name, config, tokenizer, encoder, language: shared, ...format });
}

interface Stages {
  readonly encoder: PictureEncoder;
  readonly language: LanguagePart;
}

/** The stages that are given, and the model's own for those that are not; files of the others need not be there. */
async function openStages(
  description: ModelDescription,
  tokenizer: Tokenizer,
  { encoder, language, ...options }: Omit<LoadOptions, 'projection' | 'concurrent'>,
): Promise<Stages> {
  const { onProgress } = options;
  const { config, files } = description;
  if (encoder && language) return { encoder, language };
  if (language) checkWidth(language, config.llm.width);
  await using weights = await (language
    ? openPictureWeights(description)
    : encoder
      ? openLanguageWeights(files.llm, config.llm)
      : openModelWeights(description));
  const pictureGraphs = encoder ? [] : [imageEncoderGraph(config)];
  const { embedTokens, decoderStep } = languageModelGraphs(config.llm);
  const languageGraphs = language ? [] : [embedTokens, decoderStep];
  verifyModelWeights(weights, description, [...pictureGraphs, ...languageGraphs]);
  if (!encoder) onProgress?.('loading the image encoder');
  const eyes = encoder ?? originalPictureEncoder(await ImageEncoder.create(config, weights, options));
  if (language) return { encoder: eyes, language };
  onProgress?.('loading the language model');
  try {
    const languageOptions = { eosIds: [tokenizer.eosId], ...options };
    return { encoder: eyes, language: await SessionLanguageModel.create(config.llm, weights, languageOptions) };
  } catch (error) {
    if (!encoder) await eyes.dispose?.();
    throw error;
  }
}

/** The language model's own format, where the configuration asks for it. @throws `CONFIG_INVALID` when it has none */
async function ownFormat(
  { name, config, files }: ModelDescription,
  tokenizer: Tokenizer,
): Promise<{ readonly format?: PromptFormat }> {
  if (config.template !== languageModelTemplate) return {};
  const renderChat = await readChatTemplate(files.llm, tokenizer);
  if (renderChat !== undefined) return { format: renderedFormat(renderChat, tokenizer) };
  throw new MiniGPT4Error(
    'CONFIG_INVALID',
    `${name}: the language model's own template is asked for, expected a chat template in ${files.llm}, got none. Name another template in config.json.`,
  );
}

/** Bytes of keys and values that are held a second time for answers that are computed together. */
const sharedBytes = 512 * 2 ** 20;

/** The same language model for many answers at once. */
function together(language: LanguagePart, { layers, kvHeads, headSize }: LlamaConfig): LanguagePart {
  const { paths } = language;
  const maxPositions = Math.min(4096, Math.ceil(sharedBytes / (8 * layers * kvHeads * headSize)));
  return {
    ...batchedLanguageModel(language, { maxPositions }),
    ...(paths && { paths }),
    dispose: async () => language.dispose?.(),
  };
}

/** @throws `CONFIG_MISMATCH` when the language model cannot read what the projection gives. */
function checkWidth(language: LanguagePart, width: number): void {
  if (language.width === width) return;
  throw new MiniGPT4Error(
    'CONFIG_MISMATCH',
    `loadMiniGPT4: widths of projection and language must be equal, expected ${width}, got ${language.width}. Pass an encoder for this language model as well.`,
  );
}

async function loadTextOnly(source: string, options: LoadOptions): Promise<MiniGPT4> {
  const { projection, encoder, language, concurrent, ...languageOptions } = options;
  if (projection !== undefined) {
    throw new MiniGPT4Error(
      'IMAGES_UNSUPPORTED',
      `${source}: a language model alone, expected no projection, got "${projection}". Load a model directory with a vision encoder.`,
    );
  }
  const described = await describeLanguageModel(source);
  const { name, config: llm, tokenizer, renderChat } = described;
  const words = language ?? (await openLanguageModel(described, languageOptions));
  return new MiniGPT4({
    name,
    config: { llm },
    tokenizer,
    language: concurrent ? together(words, llm) : words,
    ...(encoder && { encoder }),
    ...(renderChat && { format: renderedFormat(renderChat, tokenizer) }),
  });
}
