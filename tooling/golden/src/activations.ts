import { asFloat32 } from '@minigpt4/core';
import { Params } from '@minigpt4/nn';
import { graph, type Tensor } from '@minigpt4/onnx-graph';
import { createSession } from '@minigpt4/onnx-session';
import { projection } from '@minigpt4/projection';
import { qformer } from '@minigpt4/qformer';
import { evaViT, imageInput } from '@minigpt4/vision-encoder';
import { openModelWeights, type MiniGPT4Config } from 'minigpt4';
import { readFloats, readJsonFile, withTensors, type NanoModel } from './nano-model.js';
import { largestMagnitude, type Report } from './report.js';

type FloatErrors = Readonly<Record<string, { readonly max_abs: number; readonly scale: number }>>;

/** Every activation from pixels to the projection's output, by the golden's names. */
export function activationTensors(config: MiniGPT4Config): Record<string, Tensor> {
  const params = Params.root();
  const vision = evaViT({ vision: params, lnVision: params.at('ln_vision') }, config.vision)(imageInput(config.vision));
  const queries = qformer(params, config.qformer!)(vision.output);
  const project = projection(params, { inputWidth: config.qformer!.width, outputWidth: config.llm.width });
  return {
    'vision.patch_embed': vision.patchEmbedding,
    'vision.embeddings': vision.embeddings,
    ...Object.fromEntries(vision.blocks.map((tensor, i) => [`vision.blocks.${i}`, tensor])),
    ln_vision: vision.output,
    'qformer.embeddings': queries.embeddings,
    ...Object.fromEntries(queries.layers.map((tensor, i) => [`qformer.layer.${i}`, tensor])),
    'qformer.output': queries.output,
    projection: project(queries.output),
  };
}

/** Largest difference allowed of an activation: ten times float32's own error, but no less than 2e-6 of the size. */
export function activationTolerance(errors: FloatErrors, name: string, expected: ArrayLike<number>): number {
  const error = errors[name];
  return error === undefined ? 2e-5 * largestMagnitude(expected) : Math.max(10 * error.max_abs, 2e-6 * error.scale);
}

/** Compares every activation in `activations.safetensors`. */
export async function activationsGolden(model: NanoModel, report: Report): Promise<void> {
  const { directory, config, files } = model;
  const errors = await readJsonFile<FloatErrors>(directory, 'float32_error.json').catch(() => ({}));
  const weights = await openModelWeights({ name: 'nano', config, files });
  const session = await createSession(graph(activationTensors(config)), { name: 'activations', weights });
  await withTensors(directory, 'activations.safetensors', async tensors => {
    const results = await session.run({ image: await readFloats(tensors, 'images') });
    for (const name of tensors.names().filter(key => key !== 'images')) {
      const expected = asFloat32(await tensors.read(name));
      const actual = results[name];
      if (actual === undefined) report.add(name, false, 'this model has no such activation');
      else report.close(name, asFloat32(actual), expected, activationTolerance(errors, name, expected));
    }
  });
  await session.dispose();
  await weights.close();
}
