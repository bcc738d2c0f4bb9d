import { readFileSync } from 'node:fs';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { type HostTensor, hostTensor } from '@minigpt4/core';
import { expectClose, sharedPath } from '@minigpt4/testing';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { initialProjection } from '../init.js';
import { readProjection } from '../save.js';
import type { ProjectionWeights } from '../weights.js';
import { AdamW, type AdamWOptions, type AdamWState, type AdamWStep } from './adamw.js';
import { chooseBackend } from './backend.js';
import { type LossFunction, TrainableProjection } from './trainable-projection.js';

interface PyTorchRun {
  readonly steps: { losses: [number, number]; gradientNorm: number }[];
  readonly weight: number[];
  readonly bias: number[];
  readonly weightMoments: [number[], number[]];
}
interface PyTorchSteps {
  readonly shape: [batch: number, queries: number, input: number, output: number];
  readonly weight: number[];
  readonly bias: number[];
  readonly rates: number[];
  readonly batches: { features: number[]; target: number[] }[];
  readonly free: PyTorchRun;
  readonly clipped: PyTorchRun;
}
const fixture = JSON.parse(readFileSync(new URL('./__fixtures__/steps.json', import.meta.url), 'utf8')) as PyTorchSteps;

const float32 = (shape: number[], values: ArrayLike<number>) => hostTensor('float32', shape, Float32Array.from(values));
const close = { absolute: 2e-6, relative: 1e-5 };

/** The mean squared distance to `target`, as another runtime would compute it. */
const distance =
  (target: readonly number[]): LossFunction =>
  async projected => {
    const errors = Array.from(projected.data, (value, i) => value - target[i]!);
    const loss = errors.reduce((sum, error) => sum + error * error, 0) / errors.length;
    const gradient = errors.map(error => (2 * error) / errors.length);
    return { loss, gradient: hostTensor('float32', projected.shape, Float32Array.from(gradient)) };
  };

describe.each(['wasm', 'cpu'] as const)('AdamW on %s', backend => {
  beforeAll(() => chooseBackend(backend));

  it.each([
    ['free', {}],
    ['clipped', { maxGradientNorm: 0.3 }],
  ] as const)('takes the steps of PyTorch, gradients %s', async (name, options: AdamWOptions) => {
    const [batch, queries, input, output] = fixture.shape;
    const expected = fixture[name];
    const projection = new TrainableProjection({
      weight: float32([output, input], fixture.weight),
      bias: float32([output], fixture.bias),
    });
    const optimizer = new AdamW(projection, options);
    for (const [step, rate] of fixture.rates.entries()) {
      for (const half of [0, 1]) {
        const { features, target } = fixture.batches[2 * step + half]!;
        const inputs = float32([batch, queries, input], features);
        const loss = await projection.accumulate(inputs, distance(target), 0.5);
        expectClose([loss], [expected.steps[step]!.losses[half]!], close);
      }
      const { gradientNorm, applied } = await optimizer.step(rate);
      expect(applied).toBe(true);
      expectClose([gradientNorm], [expected.steps[step]!.gradientNorm], close);
    }
    const weights = await projection.weights();
    expectClose(weights.weight.data, expected.weight, close);
    expectClose(weights.bias.data, expected.bias, close);
    const state = await optimizer.state();
    expect(state.step).toBe(10);
    expectClose(state.firstMoments.weight.data, expected.weightMoments[0], close);
    expectClose(state.secondMoments.weight.data, expected.weightMoments[1], { absolute: 1e-9, relative: 1e-4 });
    optimizer.dispose();
    projection.dispose();
  });

  it('keeps the number of tensors from step to step and returns to it at the end', async () => {
    const before = tf.memory().numTensors;
    const projection = new TrainableProjection(initialProjection({ inputWidth: 3, outputWidth: 2, seed: 1 }));
    const optimizer = new AdamW(projection, { maxGradientNorm: 0.1 });
    const steady = tf.memory().numTensors;
    for (let step = 0; step < 3; step++) {
      await projection.accumulate(float32([1, 1, 3], [1, 2, 3]), distance([step, 1]));
      await optimizer.step(0.1);
      await optimizer.state();
      expect(tf.memory().numTensors).toBe(steady);
    }
    optimizer.dispose();
    projection.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('skips a step whose gradients are not finite', async () => {
    const projection = new TrainableProjection(initialProjection({ inputWidth: 3, outputWidth: 2, seed: 1 }));
    const optimizer = new AdamW(projection);
    const before = { weights: await projection.weights(), state: await optimizer.state() };
    await projection.accumulate(float32([1, 1, 3], [1, 2, 3]), distance([Number.NaN, 1]));
    expect(await optimizer.step(0.1)).toEqual({ gradientNorm: Number.NaN, applied: false });
    expect({ weights: await projection.weights(), state: await optimizer.state() }).toEqual(before);
    await projection.accumulate(float32([1, 1, 3], [1, 2, 3]), distance([0, 1]));
    expect(await optimizer.step(0.1)).toMatchObject({ applied: true });
    optimizer.dispose();
    projection.dispose();
  });

  it('refuses the state of a projection with other widths', async () => {
    const projection = new TrainableProjection(initialProjection({ inputWidth: 3, outputWidth: 2, seed: 1 }));
    const moments = initialProjection({ inputWidth: 4, outputWidth: 2, seed: 1 });
    expect(() => new AdamW(projection, {}, { step: 1, firstMoments: moments, secondMoments: moments })).toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH', message: expect.stringMatching(/\[2,3\], got \[2,4\]/) }),
    );
    projection.dispose();
  });

  describe('the same inputs', () => {
    const sizes = { inputWidth: 96, outputWidth: 160 };
    const waves = (shape: number[], seed: number) =>
      float32(
        shape,
        Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(seed + i * i)),
      );

    async function train(weights: ProjectionWeights, from: number, to: number, state?: AdamWState) {
      const projection = new TrainableProjection(weights);
      const optimizer = new AdamW(projection, { maxGradientNorm: 1e-3 }, state);
      const steps: AdamWStep[] = [];
      for (let step = from; step < to; step++) {
        const target = [...waves([3, 12, sizes.outputWidth], step + 100).data];
        await projection.accumulate(waves([3, 12, sizes.inputWidth], step), distance(target), 1 / 3);
        steps.push(await optimizer.step(0.003));
      }
      const result = { weights: await projection.weights(), state: await optimizer.state(), steps };
      optimizer.dispose();
      projection.dispose();
      return result;
    }

    it('give the same bytes, in one run and in one that was saved and resumed', async () => {
      const start = initialProjection({ ...sizes, seed: 4 });
      const straight = await train(start, 0, 6);
      expect(await train(start, 0, 6)).toEqual(straight);
      const first = await train(start, 0, 2);
      const rest = await train(first.weights, 2, 6, first.state);
      expect({ ...rest, steps: [...first.steps, ...rest.steps] }).toEqual(straight);
      expect(straight.weights).not.toEqual(first.weights);
    });
  });
});

const nano = sharedPath('goldens/nano');
describe.skipIf(!nano)('the original', () => {
  it('takes a first step of the same size: the sign of each gradient times the learning rate, and the decay', async () => {
    await chooseBackend('wasm');
    const start = await readProjection(`${nano}/checkpoints/minigpt4_stage1.pth`);
    await using trajectory = await openCheckpoint(`${nano}/trajectory.safetensors`);
    const weight = (await trajectory.read('after1.llama_proj.weight')) as HostTensor<'float32'>;
    // the gradients need the language model; only their signs matter to the first step, and the golden shows them
    const [output, input] = weight.shape as [number, number];
    const projection = new TrainableProjection(start);
    const optimizer = new AdamW(projection);
    for (let column = 0; column < input; column++) {
      const feature = float32(
        [1, 1, input],
        Array.from({ length: input }, (_, i) => (i === column ? 1 : 0)),
      );
      const signs = Array.from({ length: output }, (_, row) => {
        const i = row * input + column;
        return Math.sign(start.weight.data[i]! * (1 - 5e-8) - weight.data[i]!);
      });
      await projection.accumulate(feature, async () => ({ loss: 0, gradient: float32([1, 1, output], signs) }));
    }
    await optimizer.step(1e-6);
    const trained = (await projection.weights()).weight;
    expect(trained.shape).toEqual(weight.shape);
    expectClose(trained.data, weight.data, { absolute: 2e-8, relative: 1.2e-7 });
    optimizer.dispose();
    projection.dispose();
  });
});
