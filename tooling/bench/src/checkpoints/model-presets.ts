import { MiniGPT4Error } from '@minigpt4/core';
import { type LlamaConfig, vicuna13b, vicuna7b } from '@minigpt4/llm-vicuna';
import { blip2QFormer, type QFormerConfig } from '@minigpt4/qformer';
import { type EvaViTConfig, evaClipViTg14 } from '@minigpt4/vision-encoder';

/** Sizes of what looks at pictures. */
export interface EyeSizes {
  readonly vision: EvaViTConfig;
  readonly qformer: QFormerConfig;
  /** Whether the projection reads four patches side by side and the Q-Former is not used. Defaults to false. */
  readonly concatenated?: boolean;
}

/** Sizes of a model to be made up. */
export interface ModelSizes {
  readonly llm: LlamaConfig;
  /** Absent for a language model alone. */
  readonly eyes?: EyeSizes;
  /** What the file of the trained projection is called by those who published it. */
  readonly projectionFile: string;
}

/** TinyLlama-1.1B: grouped-query attention, four key heads. */
export const llama1b: LlamaConfig = {
  ...vicuna7b,
  width: 2048,
  intermediateWidth: 5632,
  layers: 22,
  heads: 32,
  kvHeads: 4,
  headSize: 64,
  vocabularySize: 32000,
};

const llama2: LlamaConfig = { ...vicuna7b, vocabularySize: 32000, rmsNormEpsilon: 1e-5, maxPositions: 4096 };

const eyes = { vision: evaClipViTg14, qformer: blip2QFormer };

/** The models that `bench generate` makes up, by name. */
export const modelPresets: Readonly<Record<string, ModelSizes>> = {
  'vicuna-7b': { llm: vicuna7b, eyes, projectionFile: 'prerained_minigpt4_7b.pth' },
  'vicuna-13b': { llm: vicuna13b, eyes, projectionFile: 'pretrained_minigpt4.pth' },
  'llama2-7b': {
    llm: llama2,
    eyes: { ...eyes, concatenated: true },
    projectionFile: 'pretrained_minigpt4_llama2_7b.pth',
  },
  'llama-1.1b': { llm: llama1b, projectionFile: '' },
};

/** Sizes by preset, of which only the first `layers` of each part are kept. @throws `BENCH_UNKNOWN` for another name */
export function modelSizes(preset: string, layers = Infinity): ModelSizes {
  const sizes = Object.hasOwn(modelPresets, preset) ? modelPresets[preset] : undefined;
  if (sizes === undefined) {
    throw new MiniGPT4Error(
      'BENCH_UNKNOWN',
      `bench: no such model, expected one of ${Object.keys(modelPresets).join(' | ')}, got "${preset}". Correct the name.`,
    );
  }
  return cut(sizes, layers);
}

function cut({ llm, eyes: whole, ...rest }: ModelSizes, layers: number): ModelSizes {
  const shallow = { ...rest, llm: { ...llm, layers: Math.min(layers, llm.layers) } };
  if (whole === undefined) return shallow;
  const { vision, qformer } = whole;
  return {
    ...shallow,
    eyes: {
      ...whole,
      vision: { ...vision, depth: Math.min(layers, vision.depth) },
      qformer: { ...qformer, layers: Math.min(layers, qformer.layers) },
    },
  };
}
