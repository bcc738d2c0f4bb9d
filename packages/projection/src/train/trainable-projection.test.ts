import { openCheckpoint } from '@minigpt4/checkpoint';
import { type HostTensor, hostTensor, zeros } from '@minigpt4/core';
import { expectClose, sharedPath } from '@minigpt4/testing';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { initialProjection } from '../init.js';
import { readProjection } from '../save.js';
import { chooseBackend } from './backend.js';
import { type LossFunction, TrainableProjection } from './trainable-projection.js';

const features = hostTensor(
  'float32',
  [2, 3, 4],
  Float32Array.from({ length: 24 }, (_, i) => Math.sin(i)),
);

const close = { absolute: 1e-3, relative: 1e-3 };

/** Half the sum of squares: its gradient is the projected batch itself. */
const halfSquares: LossFunction = async projected => ({
  loss: projected.data.reduce((sum, value) => sum + (value * value) / 2, 0),
  gradient: projected,
});

describe.each(['wasm', 'cpu'] as const)('TrainableProjection on %s', backend => {
  beforeAll(() => chooseBackend(backend));

  let projection: TrainableProjection;
  beforeEach(() => {
    projection = new TrainableProjection(initialProjection({ inputWidth: 4, outputWidth: 5, seed: 2 }));
  });
  afterEach(() => {
    projection.dispose();
  });

  it('computes x · weightᵀ + bias', async () => {
    const weight = hostTensor('float32', [2, 3], Float32Array.of(1, 2, 3, -1, 0, 0.5));
    const own = new TrainableProjection({ weight, bias: hostTensor('float32', [2], Float32Array.of(10, 20)) });
    const projected = await own.forward(hostTensor('float32', [1, 2, 3], Float32Array.of(1, 1, 1, 2, 0, 4)));
    own.dispose();
    expect(projected).toEqual(hostTensor('float32', [1, 2, 2], Float32Array.of(16, 19.5, 24, 20)));
  });

  it('gives the gradients that finite differences give', async () => {
    await projection.accumulate(features, halfSquares);
    const { weight, bias } = await projection.gradients();
    expect([weight.shape, bias.shape]).toEqual([[5, 4], [5]]);
    const start = await projection.weights();
    const lossAt = async (name: 'weight' | 'bias', index: number, change: number) => {
      const data = start[name].data.slice();
      data[index]! += change;
      const moved = new TrainableProjection({ ...start, [name]: { ...start[name], data } });
      const { loss } = await halfSquares(await moved.forward(features));
      moved.dispose();
      return loss;
    };
    const slope = async (name: 'weight' | 'bias', index: number) =>
      ((await lossAt(name, index, 0.01)) - (await lossAt(name, index, -0.01))) / 0.02;
    for (const index of [0, 7, 19]) expectClose([weight.data[index]!], [await slope('weight', index)], close);
    for (const index of [0, 4]) expectClose([bias.data[index]!], [await slope('bias', index)], close);
  });

  it('adds up micro-batches, each by its scale, until it is cleared', async () => {
    await projection.accumulate(features, halfSquares);
    const once = await projection.gradients();
    await projection.accumulate(features, halfSquares, 0.5);
    const more = await projection.gradients();
    expectClose(
      more.weight.data,
      once.weight.data.map(value => 1.5 * value),
      { absolute: 1e-6, relative: 1e-6 },
    );
    expectClose(
      more.bias.data,
      once.bias.data.map(value => 1.5 * value),
      { absolute: 1e-6, relative: 1e-6 },
    );
    projection.clearGradients();
    expect((await projection.gradients()).weight).toEqual(zeros('float32', [5, 4]));
  });

  it('holds as many tensors after a batch as before, and none in the end', async () => {
    const before = tf.memory().numTensors;
    const own = new TrainableProjection(initialProjection({ inputWidth: 4, outputWidth: 5, seed: 2 }));
    const steady = tf.memory().numTensors;
    await own.forward(features);
    await own.accumulate(features, halfSquares);
    await own.gradients();
    await own.weights();
    own.clearGradients();
    expect(tf.memory().numTensors).toBe(steady);
    own.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves sums and memory as they were when the loss fails', async () => {
    const before = tf.memory().numTensors;
    const broken = projection.accumulate(features, () => Promise.reject(new Error('out of memory')));
    await expect(broken).rejects.toThrow('out of memory');
    const misshaped = projection.accumulate(features, async () => ({ loss: 0, gradient: features }));
    await expect(misshaped).rejects.toThrow(
      expect.objectContaining({ code: 'SHAPE_MISMATCH', message: expect.stringMatching(/\[2,3,5\], got \[2,3,4\]/) }),
    );
    expect(await projection.gradients()).toEqual({ weight: zeros('float32', [5, 4]), bias: zeros('float32', [5]) });
    expect(tf.memory().numTensors).toBe(before);
  });

  it('shares no memory with what came in or went out', async () => {
    const initial = initialProjection({ inputWidth: 4, outputWidth: 5, seed: 2 });
    const own = new TrainableProjection(initial);
    const before = await own.weights();
    initial.weight.data.fill(9);
    (await own.weights()).weight.data.fill(9);
    expect(await own.weights()).toEqual(before);
    own.dispose();
  });

  it('refuses features of another width, and a pair that does not fit together', async () => {
    const mismatch = expect.objectContaining({ code: 'SHAPE_MISMATCH' });
    await expect(projection.forward(zeros('float32', [1, 2, 3]))).rejects.toThrow(mismatch);
    const pair = { weight: zeros('float32', [5, 4]), bias: zeros('float32', [4]) };
    expect(() => new TrainableProjection(pair)).toThrow(mismatch);
  });
});

const nano = sharedPath('goldens/nano');
describe.skipIf(!nano).each(['wasm', 'cpu'] as const)('the original, on %s', backend => {
  beforeAll(() => chooseBackend(backend));

  const read = async (file: string, name: string) => {
    await using checkpoint = await openCheckpoint(`${nano}/${file}`);
    return (await checkpoint.read(name)) as HostTensor<'float32'>;
  };
  const load = async () => new TrainableProjection(await readProjection(`${nano}/checkpoints/minigpt4_stage1.pth`));
  const largest = ({ data }: HostTensor<'float32'>) => Math.max(...data.map(Math.abs));

  it('projects the same', async () => {
    const projection = await load();
    const projected = await projection.forward(await read('activations.safetensors', 'qformer.output'));
    projection.dispose();
    const expected = await read('activations.safetensors', 'projection');
    expect(projected.shape).toEqual(expected.shape);
    expectClose(projected.data, expected.data, { absolute: 1.2e-5, relative: 0 });
  });

  it.each(['instruct', 'plain', 'separate_pad'])('has the same gradients in the case %s', async name => {
    const projection = await load();
    const gradient = await read('prompting.safetensors', `${name}.grad.image_embeds`);
    const loss = (await read('prompting.safetensors', `${name}.loss`)).data[0]!;
    const inputs = await read('activations.safetensors', 'qformer.output');
    expect(await projection.accumulate(inputs, async () => ({ loss, gradient }))).toBe(loss);
    const actual = await projection.gradients();
    projection.dispose();
    for (const part of ['weight', 'bias'] as const) {
      const expected = await read('prompting.safetensors', `${name}.grad.llama_proj.${part}`);
      expect(actual[part].shape).toEqual(expected.shape);
      expectClose(actual[part].data, expected.data, { absolute: 1e-4 * largest(expected), relative: 0 });
    }
  });
});
