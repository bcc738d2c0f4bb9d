import { vicuna13b, vicuna7b, type LlamaConfig } from '@minigpt4/llm-vicuna';
import { chatTemplates } from '@minigpt4/prompt-templates';
import { blip2QFormer } from '@minigpt4/qformer';
import { clipPreprocess, evaClipViTg14 } from '@minigpt4/vision-encoder';
import type { MiniGPT4Config } from '../config.js';

/** A released MiniGPT-4: its sizes, and which files of people's disks it is made of. */
export interface OriginalPreset {
  /** All sizes. The language model's own `config.json` is what counts in the end, because rows of vocabularies differ. */
  readonly config: MiniGPT4Config;
  /** Names the authors gave the trained projection. */
  readonly projectionFiles: readonly string[];
  /** What the language model is called, and where one gets it. */
  readonly languageModel: { readonly name: string; readonly from: string };
}

/** Llama-2-chat-7B. */
const llama2Chat7b: LlamaConfig = { ...vicuna7b, vocabularySize: 32000, rmsNormEpsilon: 1e-5, maxPositions: 4096 };

const image = { ...clipPreprocess, size: evaClipViTg14.imageSize };

/** Both releases for Vicuna v0 (`minigpt4_vicuna0.yaml`, stage 2's lengths). */
function forVicuna(llm: LlamaConfig): MiniGPT4Config {
  return {
    vision: evaClipViTg14,
    qformer: blip2QFormer,
    llm,
    image,
    template: chatTemplates.vicunaV1,
    endSymbol: '###',
    maxTextLength: { stage1: 32, stage2: 160 },
  };
}

const mergeCommand = 'minigpt4-chat merge-delta';

/** The released models by name. */
export const originalPresets: Readonly<Record<'vicuna-7b' | 'vicuna-13b' | 'llama2-7b', OriginalPreset>> = {
  'vicuna-7b': {
    config: forVicuna(vicuna7b),
    projectionFiles: ['prerained_minigpt4_7b.pth', 'pretrained_minigpt4_7b.pth'],
    languageModel: { name: 'Vicuna-7B v0', from: `LLaMA-7B and lmsys/vicuna-7b-delta-v0, merged by ${mergeCommand}` },
  },
  'vicuna-13b': {
    config: forVicuna(vicuna13b),
    projectionFiles: ['pretrained_minigpt4.pth', 'pretrained_minigpt4_13b.pth'],
    languageModel: {
      name: 'Vicuna-13B v0',
      from: `LLaMA-13B and lmsys/vicuna-13b-delta-v0, merged by ${mergeCommand}`,
    },
  },
  'llama2-7b': {
    config: {
      vision: evaClipViTg14,
      llm: llama2Chat7b,
      image,
      template: chatTemplates.llama2,
      endSymbol: '</s>',
      maxTextLength: { stage1: 32, stage2: 160 },
    },
    projectionFiles: ['pretrained_minigpt4_llama2_7b.pth'],
    languageModel: { name: 'Llama-2-7B-chat', from: 'meta-llama/Llama-2-7b-chat-hf' },
  },
};

/** Name of a released model. */
export type OriginalPresetName = keyof typeof originalPresets;

/** True for the name of a released model. */
export function isOriginalPreset(name: string): name is OriginalPresetName {
  return Object.hasOwn(originalPresets, name);
}
