import { merged, openCheckpoint, renamed, verifyCheckpoint, type Checkpoint } from '@minigpt4/checkpoint';
import { MiniGPT4Error } from '@minigpt4/core';
import { unusedLlamaWeights } from '@minigpt4/llm-vicuna';
import type { Graph } from '@minigpt4/onnx-graph';
import { expectedTensors } from '@minigpt4/onnx-session';
import { renameFromHuggingFace, unusedQFormerWeights } from '@minigpt4/qformer';
import { unusedVisionWeights } from '@minigpt4/vision-encoder';
import { openLanguageWeights } from '../language/language-files.js';
import { untrainedVisionNorm } from './constant-checkpoint.js';
import type { ModelDescription } from './model-description.js';
import { withInterpolatedPositions } from './position-weights.js';
import { originalVisionNames } from './vision-weights.js';

/**
 * All checkpoints of a model as one, under the names that its graphs ask for. The caller closes it.
 *
 * @throws `MODEL_FILES_MISSING` without a projection, errors of `openCheckpoint` for files that cannot be read
 */
export function openModelWeights(description: ModelDescription): Promise<Checkpoint> {
  return openTogether([openProjection(description), openEyes(description), openWords(description)]);
}

/**
 * {@link openModelWeights} without the projection, for those who train one.
 *
 * @throws errors of `openCheckpoint` for files that cannot be read
 */
export function openFrozenWeights(description: ModelDescription): Promise<Checkpoint> {
  return openTogether([openEyes(description), openWords(description)]);
}

/**
 * {@link openModelWeights} without the language model: what a picture goes through.
 *
 * @throws as {@link openModelWeights}
 */
export function openPictureWeights(description: ModelDescription): Promise<Checkpoint> {
  return openTogether([openProjection(description), openEyes(description)]);
}

/** All of them as one, or none when one cannot be opened. */
async function openTogether(opening: readonly Promise<Checkpoint>[]): Promise<Checkpoint> {
  const settled = await Promise.allSettled(opening);
  const files = settled.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = settled.find(result => result.status === 'rejected');
  if (failed === undefined) return merged(files);
  await Promise.all(files.map(file => file.close()));
  throw failed.reason;
}

function openEyes({ config, files }: ModelDescription): Promise<Checkpoint> {
  const { vision, qformer } = files;
  const norm = () => untrainedVisionNorm(config.vision.width);
  return openTogether([
    opened(vision, async file => withInterpolatedPositions(await originalVisionNames(file), config.vision)),
    qformer === undefined ? Promise.resolve(norm()) : opened(qformer, originalQFormerNames),
  ]);
}

/** A file as `view` shows it; closed when that fails. */
async function opened(path: string, view: (file: Checkpoint) => Checkpoint | Promise<Checkpoint>): Promise<Checkpoint> {
  const file = await openCheckpoint(path);
  try {
    return await view(file);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openProjection({ name, files }: ModelDescription): Promise<Checkpoint> {
  if (files.projection === undefined) {
    throw new MiniGPT4Error(
      'MODEL_FILES_MISSING',
      `${name}: the projection is missing, expected files.projection in config.json or the option projection, got neither. Train one, or name its file.`,
    );
  }
  return opened(files.projection, file => renamed(file, key => (key.startsWith('llama_proj.') ? key : undefined)));
}

function openWords({ config, files }: ModelDescription): Promise<Checkpoint> {
  return openLanguageWeights(files.llm, config.llm);
}

/**
 * Holds a model's weights against its graphs; beyond what they ask for, only tensors that the original leaves unused
 * may be there.
 *
 * @throws `CHECKPOINT_MISMATCH` with every missing, mis-shaped and unknown tensor at once
 */
export function verifyModelWeights(weights: Checkpoint, { config }: ModelDescription, graphs: readonly Graph[]): void {
  const tied = config.llm.tiedHead ? [/^lm_head\.weight$/] : [];
  const ignore = [...unusedVisionWeights(config.vision), ...unusedQFormerWeights, ...unusedLlamaWeights, ...tied];
  const unusedQFormer = config.qformer === undefined ? [/^Qformer\./, /^query_tokens$/] : [];
  verifyCheckpoint(weights, graphs.flatMap(expectedTensors), { ignore: [...ignore, ...unusedQFormer] });
}

/** A BLIP-2 checkpoint under the original's names, whichever of the two conventions it has. */
function originalQFormerNames(checkpoint: Checkpoint): Checkpoint {
  const huggingFace = checkpoint.names().some(name => name.startsWith('qformer.'));
  return huggingFace ? renamed(checkpoint, renameFromHuggingFace) : checkpoint;
}
