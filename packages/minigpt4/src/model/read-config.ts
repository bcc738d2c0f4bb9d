import { MiniGPT4Error } from '@minigpt4/core';
import { readLlamaConfig } from '@minigpt4/llm-vicuna';
import { chatTemplates } from '@minigpt4/prompt-templates';
import { readQFormerConfig } from '@minigpt4/qformer';
import { clipPreprocess, readEvaViTConfig } from '@minigpt4/vision-encoder';
import { checkWidths, conversationTemplate, languageModelTemplate, type MiniGPT4Config } from '../config.js';
import { readLanguageConfig } from '../language/language-files.js';
import type { Json } from './read-json.js';

/**
 * Reads the sizes from a parsed `config.json`; `llmPath` is the language model's directory or GGUF file, which says its
 * sizes when the parsed one does not.
 *
 * @throws `CONFIG_INVALID`, `CONFIG_MISMATCH`
 */
export async function readConfig(json: Json, llmPath: string): Promise<MiniGPT4Config> {
  const vision = readEvaViTConfig(section(json, 'vision'), section(json, 'ln_vision'));
  const image = json.image === undefined ? {} : section(json, 'image');
  const lengths = json.max_txt_len === undefined ? {} : section(json, 'max_txt_len');
  const std = triple(image, 'std', clipPreprocess.std);
  if (std.some(deviation => deviation <= 0)) throw invalid('image.std', 'three positive numbers', std);
  const hasQFormer = json.qformer !== undefined && json.qformer !== null;
  const qformer = hasQFormer ? { qformer: readQFormerConfig(section(json, 'qformer')) } : {};
  const template = readTemplate(json);
  const config: MiniGPT4Config = {
    vision,
    ...qformer,
    llm: typeof json.llm === 'object' ? readLlamaConfig(section(json, 'llm')) : await readLanguageConfig(llmPath),
    image: {
      size: vision.imageSize,
      mean: triple(image, 'mean', clipPreprocess.mean),
      std,
    },
    ...template,
    endSymbol:
      typeof json.end_sym === 'string'
        ? json.end_sym
        : conversationTemplate({ vision, ...qformer, ...template }).stop[0]!,
    maxTextLength: { stage1: textLength(lengths, 'stage1', 32), stage2: textLength(lengths, 'stage2', 160) },
  };
  checkWidths(config);
  return config;
}

/** The template that is named, if one is. */
function readTemplate(json: Json): Pick<MiniGPT4Config, 'template'> {
  if (json.template === undefined) return {};
  if (json.template === languageModelTemplate) return { template: languageModelTemplate };
  const known = Object.values(chatTemplates);
  const template = known.find(({ name }) => name === json.template);
  if (template !== undefined) return { template };
  throw invalid('template', [...known.map(({ name }) => name), languageModelTemplate].join(', '), json.template);
}

/** The object under a key. @throws `CONFIG_INVALID` */
export function section(json: Json, key: string): Json {
  const value = json[key];
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw invalid(key, 'an object', value);
}

function textLength(json: Json, key: string, fallback: number): number {
  const value = json[key] ?? fallback;
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number;
  throw invalid(`max_txt_len.${key}`, 'a positive integer', value);
}

function triple(
  json: Json,
  key: string,
  fallback: readonly [number, number, number],
): readonly [number, number, number] {
  const value = json[key] ?? fallback;
  if (Array.isArray(value) && value.length === 3 && value.every(entry => typeof entry === 'number')) {
    return value as unknown as readonly [number, number, number];
  }
  throw invalid(`image.${key}`, 'three numbers', value);
}

function invalid(key: string, expected: string, got: unknown): MiniGPT4Error {
  return new MiniGPT4Error(
    'CONFIG_INVALID',
    `model configuration: "${key}" is not usable, expected ${expected}, got ${JSON.stringify(got)}. Correct config.json.`,
  );
}
