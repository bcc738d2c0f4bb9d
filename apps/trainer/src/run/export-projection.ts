import { stat } from 'node:fs/promises';
import { writeTorchCheckpoint } from '@minigpt4/checkpoint';
import { MiniGPT4Error } from '@minigpt4/core';
import { readProjection, saveProjection } from '@minigpt4/projection';
import { runDirectory } from './run-directory.js';

/** What was written. */
export interface ExportedProjection {
  readonly output: string;
  readonly format: 'pth' | 'safetensors';
  readonly inputWidth: number;
  readonly outputWidth: number;
}

/**
 * Writes a projection in another format: safetensors, or the `{model: {llama_proj.*}}` that the original code loads as
 * `ckpt`.
 *
 * @param source folder of a run, or a file
 * @throws `FORMAT_UNKNOWN` for an ending that tells no format, the errors of `readProjection`, `CHECKPOINT_WRITE`
 */
export async function exportProjection(
  source: string,
  output: string,
  format: ExportedProjection['format'] = formatOf(output),
): Promise<ExportedProjection> {
  const isFolder = (await stat(source).catch(() => undefined))?.isDirectory() === true;
  const weights = await readProjection(isFolder ? runDirectory(source).projection : source);
  if (format === 'safetensors') await saveProjection(output, weights);
  else {
    const { weight, bias } = weights;
    await writeTorchCheckpoint(output, { model: { 'llama_proj.weight': weight, 'llama_proj.bias': bias } });
  }
  const [outputWidth = 0, inputWidth = 0] = weights.weight.shape;
  return { output, format, inputWidth, outputWidth };
}

function formatOf(output: string): ExportedProjection['format'] {
  if (/\.(?:pth|pt|bin)$/iu.test(output)) return 'pth';
  if (/\.safetensors$/iu.test(output)) return 'safetensors';
  throw new MiniGPT4Error(
    'FORMAT_UNKNOWN',
    `${output}: the ending tells no format, expected .safetensors or .pth, got another. Rename it or pass --format.`,
  );
}
