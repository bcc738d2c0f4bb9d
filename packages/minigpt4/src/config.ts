import { MiniGPT4Error } from '@minigpt4/core';
import type { LlamaConfig } from '@minigpt4/llm-vicuna';
import { chatTemplates, type ChatTemplate } from '@minigpt4/prompt-templates';
import type { QFormerConfig } from '@minigpt4/qformer';
import { visionTokens, type EvaViTConfig, type PreprocessConfig } from '@minigpt4/vision-encoder';

/** In the place of a template: the chat template that the language model's own files hold. */
export const languageModelTemplate = 'language-model';

/** The stages' sizes together. */
export interface MiniGPT4Config {
  readonly vision: EvaViTConfig;
  /** Absent in the Llama-2 variant, which projects four patches side by side instead. */
  readonly qformer?: QFormerConfig;
  readonly llm: LlamaConfig;
  /** How pictures become pixels of the vision encoder. */
  readonly image: PreprocessConfig;
  /** How conversations become prompts; see {@link conversationTemplate}. Defaults to the release's of this shape. */
  readonly template?: ChatTemplate | typeof languageModelTemplate;
  /** Text that ends a training text, such as `###`. */
  readonly endSymbol: string;
  /** Most tokens of a training text, end symbol included, in each stage. */
  readonly maxTextLength: { readonly stage1: number; readonly stage2: number };
}

/**
 * The template that conversations with a model follow: the configuration's, else that of the release it is like, which
 * is Llama-2's for eyes without a Q-Former and the first release's for Vicuna in any other case.
 */
export function conversationTemplate({ template, vision, qformer }: Partial<MiniGPT4Config>): ChatTemplate {
  if (template !== undefined && template !== languageModelTemplate) return template;
  return vision !== undefined && qformer === undefined ? chatTemplates.llama2 : chatTemplates.vicunaV1;
}

/** Width of what the projection reads. */
export function projectionInputWidth({ vision, qformer }: MiniGPT4Config): number {
  return qformer === undefined ? 4 * vision.width : qformer.width;
}

/** Embeddings that stand for one image in the language model. */
export function imageTokens({ vision, qformer }: MiniGPT4Config): number {
  return qformer === undefined ? (visionTokens(vision) - 1) / 4 : qformer.queries;
}

/**
 * Checks that the stages fit together: this is the one place where their widths meet.
 *
 * @throws `CONFIG_MISMATCH` naming both stages and both numbers
 */
export function checkWidths(config: MiniGPT4Config): void {
  const { vision, qformer, llm, image } = config;
  const patches = visionTokens(vision) - 1;
  requireEqual('vision encoder width and Q-Former encoder_width', vision.width, qformer?.encoderWidth ?? vision.width);
  requireEqual('vision img_size and image size of the preprocessing', vision.imageSize, image.size);
  requireDivides('vision patch_size', vision.patchSize, 'img_size', vision.imageSize);
  requireDivides('vision num_heads', vision.heads, 'embed_dim', vision.width);
  if (qformer === undefined) requireDivides('four patches a token', 4, 'patches', patches);
  else requireDivides('Q-Former num_attention_heads', qformer.heads, 'hidden_size', qformer.width);
  requireDivides('num_key_value_heads', llm.kvHeads, 'num_attention_heads', llm.heads);
}

function requireEqual(what: string, expected: number, got: number): void {
  if (expected === got) return;
  throw new MiniGPT4Error(
    'CONFIG_MISMATCH',
    `model configuration: ${what} must be equal, expected ${expected}, got ${got}. Use the parts of one model.`,
  );
}

function requireDivides(what: string, divisor: number, of: string, size: number): void {
  if (size % divisor === 0) return;
  throw new MiniGPT4Error(
    'CONFIG_MISMATCH',
    `model configuration: ${what} must divide ${of}, expected a divisor of ${size}, got ${divisor}. Correct config.json.`,
  );
}
