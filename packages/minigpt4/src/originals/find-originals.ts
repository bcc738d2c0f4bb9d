import { basename, resolve } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import type { LlamaConfig } from '@minigpt4/llm-vicuna';
import { qformerCompanion } from '@minigpt4/qformer';
import { projectionInputWidth, type MiniGPT4Config } from '../config.js';
import { readLanguageConfig } from '../language/language-files.js';
import type { ModelDescription, ModelFiles } from '../model/model-description.js';
import { choose } from './choose.js';
import { describeMissing, type MissingPart } from './missing-files.js';
import { originalPresets, type OriginalPreset } from './presets.js';
import { resolved } from './resolved-files.js';
import { scanDirectory, type FoundCheckpoint, type OriginalPart, type ScannedDirectory } from './scan-directory.js';

/** Where and as what the original's files are looked for. */
export interface OriginalsOptions {
  /** Directory that holds them, directly or one directory deeper. */
  readonly directory: string;
  /** Name of the released model that they must be. Defaults to the one that they are. */
  readonly preset?: string;
  /** Files to take instead of looking for them, relative to the directory. */
  readonly files?: Partial<ModelFiles>;
  /** The released models by name. Defaults to {@link originalPresets}. */
  readonly presets?: Readonly<Record<string, OriginalPreset>>;
}

/**
 * The model that a directory of the original's downloads holds, without a `config.json` of ours: `eva_vit_g.pth`,
 * `blip2_pretrained_flant5xxl.pth`, a MiniGPT-4 `.pth` and a Hugging Face LLaMA, told by what is in them. The
 * projection says which variant it is, the language model's `config.json` its sizes. Undefined where nothing of it is there.
 *
 * @throws `MODEL_FILES_MISSING` with every missing file and where one gets it, `MODEL_AMBIGUOUS` where two files could
 * be meant, `QFORMER_MISMATCH` for a Q-Former of another BLIP-2, `CONFIG_MISMATCH` where parts of different models lie together
 */
export async function describeOriginals(options: OriginalsOptions): Promise<ModelDescription | undefined> {
  const { preset } = options;
  const presets: Readonly<Record<string, OriginalPreset>> = options.presets ?? originalPresets;
  const directory = resolve(options.directory);
  const given = resolved(options.files ?? {}, directory);
  const found = await scanDirectory(directory);
  if (preset === undefined && found.checkpoints.length + found.languageModels.length === 0) return undefined;

  const wanted = preset === undefined ? Object.values(presets) : [presets[preset]!];
  const llm = given.llm ?? choose('language model', found.languageModels, []);
  const llmConfig = llm === undefined ? undefined : await readLanguageConfig(llm);
  const projection = chooseProjection(found, wanted, { given, llm: llmConfig });
  const model = wanted.find(({ config }) => fits(config, projection, llmConfig)) ?? wanted[0]!;
  const needsQFormer = model.config.qformer !== undefined;
  const vision = given.vision ?? chooseVision(found);
  const qformer = needsQFormer ? (given.qformer ?? chooseQFormer(found)) : undefined;
  const parts = { vision, ...(needsQFormer && { qformer }), projection: projection?.path, llm };
  const missing = Object.entries(parts).flatMap(([part, path]) => (path === undefined ? [part as MissingPart] : []));
  // whoever trains a projection has none yet: only loading asks for it
  if (missing.some(part => part !== 'projection'))
    throw describeMissing(directory, missing, { model, broken: found.broken });

  const config: MiniGPT4Config = { ...model.config, llm: llmConfig! };
  const name = preset ?? nameOf(presets, config) ?? basename(directory);
  checkParts(name, { expected: preset === undefined ? undefined : model.config.llm, config, projection });
  const optional = { ...(qformer !== undefined && { qformer }), ...(projection && { projection: projection.path }) };
  return { name, config, files: { vision: vision!, ...optional, llm: llm! } };
}

/** Whether a model is the one that a projection is for, or, without one, the one of a language model. */
function fits(config: MiniGPT4Config, projection: FoundCheckpoint | undefined, llm: LlamaConfig | undefined): boolean {
  if (projection?.projectionShape === undefined) return llm?.width === config.llm.width;
  const [rows, columns] = projection.projectionShape;
  return columns === projectionInputWidth(config) && rows === config.llm.width;
}

const withPart = ({ checkpoints }: ScannedDirectory, part: OriginalPart) =>
  checkpoints.filter(({ parts }) => parts.has(part));

interface ProjectionChoice {
  readonly given: Partial<ModelFiles>;
  readonly llm: LlamaConfig | undefined;
}

/** The projection that fits one of the wanted models and the language model, or the only one there is. */
function chooseProjection(
  found: ScannedDirectory,
  wanted: readonly OriginalPreset[],
  { given, llm }: ProjectionChoice,
): FoundCheckpoint | undefined {
  if (given.projection !== undefined) {
    const known = withPart(found, 'projection').find(({ path }) => path === given.projection);
    return known ?? { path: given.projection, parts: new Set(['projection']) };
  }
  const all = withPart(found, 'projection');
  const widths = new Set(wanted.map(({ config }) => projectionInputWidth(config)));
  const fitting = all.filter(({ projectionShape: [rows, columns] = [] }) => {
    return widths.has(columns!) && rows === (llm?.width ?? rows);
  });
  const candidates = fitting.length > 0 ? fitting : all;
  const names = wanted.flatMap(({ projectionFiles }) => projectionFiles);
  const path = choose(
    'projection',
    candidates.map(candidate => candidate.path),
    names,
  );
  return candidates.find(candidate => candidate.path === path);
}

function chooseVision(found: ScannedDirectory): string | undefined {
  return choose(
    'vision encoder',
    withPart(found, 'vision').map(({ path }) => path),
    ['eva_vit_g.pth'],
  );
}

function chooseQFormer(found: ScannedDirectory): string | undefined {
  const all = withPart(found, 'qformer');
  const usable = all.filter(({ companion }) => companion === undefined || companion === qformerCompanion);
  if (usable.length > 0 || all.length === 0) {
    return choose(
      'Q-Former',
      usable.map(({ path }) => path),
      ['blip2_pretrained_flant5xxl.pth'],
    );
  }
  throw new MiniGPT4Error(
    'QFORMER_MISMATCH',
    `${all[0]!.path}: a Q-Former that MiniGPT-4 was not trained with, expected the one trained beside ${qformerCompanion}, got one trained beside ${all[0]!.companion}. Use blip2_pretrained_flant5xxl.pth or Salesforce/blip2-flan-t5-xxl.`,
  );
}

interface CheckedParts {
  /** Sizes that were asked for by name. */
  readonly expected: LlamaConfig | undefined;
  readonly config: MiniGPT4Config;
  readonly projection: FoundCheckpoint | undefined;
}

function checkParts(name: string, { expected, config, projection }: CheckedParts): void {
  const [rows, columns] = projection?.projectionShape ?? [config.llm.width, projectionInputWidth(config)];
  const { width, layers } = config.llm;
  if (expected !== undefined && (expected.width !== width || expected.layers !== layers)) {
    throw mismatch(
      name,
      `language model`,
      `${expected.layers} layers of width ${expected.width}`,
      `${layers} of width ${width}`,
    );
  }
  if (rows !== width || columns !== projectionInputWidth(config)) {
    const shape = `${projectionInputWidth(config)} -> ${width}`;
    throw mismatch(
      name,
      `projection ${projection?.path}`,
      `${shape}, the widths of its neighbours`,
      `${columns} -> ${rows}`,
    );
  }
}

function mismatch(name: string, what: string, expected: string, got: string): MiniGPT4Error {
  return new MiniGPT4Error(
    'CONFIG_MISMATCH',
    `${name}: ${what} does not fit, expected ${expected}, got ${got}. Use the parts of one model.`,
  );
}

function nameOf(
  presets: Readonly<Record<string, OriginalPreset>>,
  { qformer, llm }: MiniGPT4Config,
): string | undefined {
  return Object.entries(presets).find(([, { config }]) => {
    const sameVariant = (config.qformer === undefined) === (qformer === undefined);
    return sameVariant && config.llm.width === llm.width && config.llm.layers === llm.layers;
  })?.[0];
}
