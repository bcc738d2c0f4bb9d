import { asFloat32, hostTensor, random } from '@minigpt4/core';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { Params } from '@minigpt4/nn';
import { gradients, graph, input } from '@minigpt4/onnx-graph';
import { createSession } from '@minigpt4/onnx-session';
import { expectClose, sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { initialProjection } from './init.js';
import { projection } from './projection.js';
import { readProjection } from './save.js';
import { chooseBackend, TrainableProjection } from './train/index.js';
import type { ProjectionWeights } from './weights.js';

const nano = sharedPath('goldens/nano');

/** Projected features and the gradients of (projected · seed) summed, from the graph face. */
async function graphFace(weights: ProjectionWeights, features: Float32Array, seed: Float32Array) {
  const [outputWidth, inputWidth] = weights.weight.shape as [number, number];
  const tokens = features.length / inputWidth;
  const params = Params.root();
  const projected = projection(params, { inputWidth, outputWidth })(
    input('features', 'float32', [1, tokens, inputWidth]),
  );
  const sum = projected.mul(input('seed', 'float32', [1, tokens, outputWidth])).sum([0, 1, 2]);
  const parameters = [
    params.get('llama_proj.weight', [outputWidth, inputWidth]),
    params.get('llama_proj.bias', [outputWidth]),
  ];
  const [weight, bias] = gradients(sum, parameters);
  await using session = await createSession(graph({ projected, weight: weight!, bias: bias! }));
  return await session.run({
    features: hostTensor('float32', [1, tokens, inputWidth], features),
    seed: hostTensor('float32', [1, tokens, outputWidth], seed),
    'llama_proj.weight': weights.weight,
    'llama_proj.bias': weights.bias,
  });
}

/** The same from the trainable face. */
async function trainableFace(weights: ProjectionWeights, features: Float32Array, seed: Float32Array) {
  const [outputWidth, inputWidth] = weights.weight.shape as [number, number];
  const tokens = features.length / inputWidth;
  await chooseBackend();
  const layer = new TrainableProjection(weights);
  let projected = new Float32Array(0) as Float32Array;
  await layer.accumulate(hostTensor('float32', [1, tokens, inputWidth], features), async output => {
    projected = output.data;
    return { loss: 0, gradient: hostTensor('float32', output.shape, seed) };
  });
  const sums = await layer.gradients();
  layer.dispose();
  expect(projected.length).toBe(tokens * outputWidth);
  return { projected, ...sums };
}

async function expectEqualFaces(weights: ProjectionWeights, features: Float32Array, seed: Float32Array): Promise<void> {
  const [graphed, trained] = [await graphFace(weights, features, seed), await trainableFace(weights, features, seed)];
  const tolerance = { absolute: 2e-5, relative: 1e-5 };
  expectClose(trained.projected, asFloat32(graphed.projected!), tolerance);
  expectClose(trained.weight.data, asFloat32(graphed.weight!), tolerance);
  expectClose(trained.bias.data, asFloat32(graphed.bias!), tolerance);
}

describe('both faces of the projection', () => {
  it('map and differentiate alike with random weights', async () => {
    const { normal } = random(5);
    const weights = initialProjection({ inputWidth: 48, outputWidth: 80, seed: 3 });
    const features = Float32Array.from({ length: 6 * 48 }, normal);
    await expectEqualFaces(weights, features, Float32Array.from({ length: 6 * 80 }, normal));
  });

  it.skipIf(!nano)('map and differentiate alike on the reference tensors', async () => {
    const weights = await readProjection(`${nano}/checkpoints/minigpt4_stage1.pth`);
    await using activations = await openCheckpoint(`${nano}/activations.safetensors`);
    await using prompting = await openCheckpoint(`${nano}/prompting.safetensors`);
    const features = asFloat32(await activations.read('qformer.output'));
    await expectEqualFaces(weights, features, asFloat32(await prompting.read('instruct.grad.image_embeds')));
  });
});
