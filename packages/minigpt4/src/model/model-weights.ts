import { merged, openCheckpoint, renamed, verifyCheckpoint, type Checkpoint } from '@minigpt4/checkpoint';
import { unusedLlamaWeights } from '@minigpt4/llm-vicuna';
import type { Graph } from '@minigpt4/onnx-graph';
import { expectedTensors } from '@minigpt4/onnx-session';
import { renameFromHuggingFace, unusedQFormerWeights } from '@minigpt4/qformer';
import { unusedVisionWeights } from '@minigpt4/vision-encoder';
import { openLanguageWeights } from '../language/language-files.js';
import type { ModelDescription } from './model-directory.js';
import { withInterpolatedPositions } from './position-weights.js';

/**
 * All checkpoints of a model as one, under the names that its graphs ask for. The caller closes it.
 *
 * @throws errors of `openCheckpoint` for files that cannot be read
 */
export async function openModelWeights(description: ModelDescription): Promise<Checkpoint> {
  const frozen = await openFrozenWeights(description);
  try {
    const opened = await openCheckpoint(description.files.projection);
    const projection = renamed(opened, name => (name.startsWith('llama_proj.') ? name : undefined));
    return merged([frozen, projection]);
  } catch (error) {
    await frozen.close();
    throw error;
  }
}

/**
 * {@link openModelWeights} without the projection, for those who train one.
 *
 * @throws errors of `openCheckpoint` for files that cannot be read
 */
export async function openFrozenWeights({ config, files }: ModelDescription): Promise<Checkpoint> {
  const opened: Checkpoint[] = [];
  const keep = async (opening: Promise<Checkpoint>) => {
    const checkpoint = await opening;
    opened.push(checkpoint);
    return checkpoint;
  };
  try {
    const vision = await withInterpolatedPositions(await keep(openCheckpoint(files.vision)), config.vision);
    const qformer = originalNames(await keep(openCheckpoint(files.qformer)));
    return merged([vision, qformer, await keep(openLanguageWeights(files.llm, config.llm))]);
  } catch (error) {
    await Promise.all(opened.map(checkpoint => checkpoint.close()));
    throw error;
  }
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
function originalNames(checkpoint: Checkpoint): Checkpoint {
  const huggingFace = checkpoint.names().some(name => name.startsWith('qformer.'));
  return huggingFace ? renamed(checkpoint, renameFromHuggingFace) : checkpoint;
}
