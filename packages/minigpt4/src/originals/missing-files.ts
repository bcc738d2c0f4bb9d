import { basename } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import type { OriginalPreset } from './presets.js';

/** A part of a model for which no file was found. */
export type MissingPart = 'vision' | 'qformer' | 'projection' | 'llm';

const blip2 = 'https://storage.googleapis.com/sfr-vision-language-research/LAVIS/models/BLIP2';

/** One line a part: what is needed, its usual name and where one gets it. */
export function neededFiles({
  config,
  projectionFiles,
  languageModel,
}: OriginalPreset): Partial<Record<MissingPart, string>> {
  const projection = projectionFiles[0]!;
  return {
    vision: `eva_vit_g.pth, the vision encoder (${blip2}/eva_vit_g.pth, or the vision_model of Salesforce/blip2-flan-t5-xxl)`,
    ...(config.qformer && {
      qformer: `blip2_pretrained_flant5xxl.pth, the Q-Former (${blip2}/blip2_pretrained_flant5xxl.pth, or Salesforce/blip2-flan-t5-xxl)`,
    }),
    projection: `${projection}, the trained projection (linked from the README of github.com/Vision-CAIR/MiniGPT-4)`,
    llm: `a Hugging Face directory of ${languageModel.name} (${languageModel.from})`,
  };
}

/** What is known about the search when something is missing. */
export interface MissingContext {
  readonly model: OriginalPreset;
  readonly broken: ReadonlyMap<string, MiniGPT4Error>;
}

/** The error for a model of which parts are missing. A file of the right name that cannot be read is the error itself. */
export function describeMissing(
  directory: string,
  missing: readonly MissingPart[],
  { model, broken }: MissingContext,
): MiniGPT4Error {
  const usual: Readonly<Record<string, readonly string[]>> = {
    vision: ['eva_vit_g.pth'],
    qformer: ['blip2_pretrained_flant5xxl.pth'],
    projection: model.projectionFiles,
  };
  const names = missing.flatMap(part => usual[part] ?? []);
  const unreadable = [...broken].find(([path]) => names.includes(basename(path)));
  if (unreadable !== undefined) return unreadable[1];
  const needed = neededFiles(model);
  const others =
    broken.size === 0 ? '' : ` Could not be read: ${[...broken.keys()].map(path => basename(path)).join(', ')}.`;
  return new MiniGPT4Error(
    'MODEL_FILES_MISSING',
    `${directory}: parts of the model are missing, expected besides what is there\n${missing
      .map(part => `  ${needed[part]}`)
      .join('\n')}\ngot nothing with their tensors.${others} Put them into the directory, under any name.`,
  );
}
