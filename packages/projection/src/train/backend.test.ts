import { hostTensor } from '@minigpt4/core';
import { expectClose } from '@minigpt4/testing';
import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, it } from 'vitest';
import { initialProjection } from '../init.js';
import { AdamW } from './adamw.js';
import { chooseBackend } from './backend.js';
import { TrainableProjection } from './trainable-projection.js';

const absent = () => Promise.reject(new Error('no such package'));

/** What @tensorflow/tfjs-node-gpu does on import: registers `tensorflow` with the process's engine. Records its calls. */
async function standIn(isUsingGpuDevice: boolean): Promise<{ load: () => Promise<void>; kernels: string[] }> {
  const kernels: string[] = [];
  await tf.setBackend('cpu');
  const plain = tf.backend();
  for (const kernel of tf.getKernelsForBackend('cpu')) {
    tf.registerKernel({
      ...kernel,
      backendName: 'tensorflow',
      kernelFunc: call => {
        kernels.push(kernel.kernelName);
        return kernel.kernelFunc(call);
      },
    });
  }
  const load = async () => {
    tf.registerBackend('tensorflow', () => Object.create(plain, { isUsingGpuDevice: { value: isUsingGpuDevice } }));
  };
  return { load, kernels };
}

async function oneStep(): Promise<Float32Array> {
  const projection = new TrainableProjection(initialProjection({ inputWidth: 5, outputWidth: 3, seed: 1 }));
  const optimizer = new AdamW(projection);
  const features = hostTensor(
    'float32',
    [1, 2, 5],
    Float32Array.from({ length: 10 }, (_, i) => Math.sin(i)),
  );
  await projection.accumulate(features, async projected => ({ loss: 1, gradient: projected }));
  await optimizer.step(0.01);
  const { weight } = await projection.weights();
  optimizer.dispose();
  projection.dispose();
  return weight.data;
}

describe('chooseBackend', () => {
  afterEach(async () => {
    await tf.setBackend('cpu');
    if (tf.engine().registryFactory['tensorflow'] === undefined) return;
    tf.removeBackend('tensorflow');
    for (const { kernelName } of tf.getKernelsForBackend('tensorflow')) tf.unregisterKernel(kernelName, 'tensorflow');
  });

  it('leaves the process with the listeners it had', async () => {
    expect(tf.engine().registry).not.toHaveProperty('wasm'); // the first start in this process adds them
    const listeners = () => [
      ...process.rawListeners('uncaughtException'),
      ...process.rawListeners('unhandledRejection'),
    ];
    const before = listeners();
    await chooseBackend('wasm');
    expect(listeners()).toEqual(before);
  });

  it('asks for the GPU package first, then takes WebAssembly and keeps the reason', async () => {
    const asked: string[] = [];
    const choice = await chooseBackend(undefined, specifier => {
      asked.push(specifier);
      return absent();
    });
    expect(choice).toEqual({ name: 'wasm', failures: [{ name: 'gpu', reason: 'no such package' }] });
    expect(asked).toEqual(['@tensorflow/tfjs-node-gpu']);
    expect(tf.getBackend()).toBe('wasm');
  });

  it('finds the optional peer absent here', async () => {
    const { name, failures } = await chooseBackend();
    expect(name).toBe('wasm');
    expect(failures).toMatchObject([{ name: 'gpu', reason: expect.stringContaining('tfjs-node-gpu') }]);
  });

  it('takes the backend asked for, without trying others', async () => {
    expect(await chooseBackend('cpu', absent)).toEqual({ name: 'cpu', failures: [] });
    expect(tf.getBackend()).toBe('cpu');
    expect(await chooseBackend('wasm', absent)).toEqual({ name: 'wasm', failures: [] });
    expect(tf.getBackend()).toBe('wasm');
  });

  it('throws when the backend asked for does not work', async () => {
    await expect(chooseBackend('gpu', absent)).rejects.toThrow(
      expect.objectContaining({ code: 'BACKEND_UNAVAILABLE', message: expect.stringContaining('no such package') }),
    );
  });

  it('trains on the GPU package when it is there, to the same weights', async () => {
    const { load, kernels } = await standIn(true);
    expect(await chooseBackend(undefined, load)).toEqual({ name: 'gpu', failures: [] });
    const weight = await oneStep();
    expect(kernels).toEqual(expect.arrayContaining(['BatchMatMul', 'Sqrt']));
    await chooseBackend('wasm');
    expectClose(weight, await oneStep(), { absolute: 1e-7, relative: 1e-6 });
  });

  it('passes over the GPU package on a machine without a GPU', async () => {
    const { load } = await standIn(false);
    const { name, failures } = await chooseBackend(undefined, load);
    expect(name).toBe('wasm');
    expect(failures).toMatchObject([{ name: 'gpu', reason: expect.stringContaining('no CUDA device') }]);
  });
});
