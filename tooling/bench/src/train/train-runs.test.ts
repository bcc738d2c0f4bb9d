import { readFile } from 'node:fs/promises';
import { expectedTensors } from '@minigpt4/onnx-session';
import { captionLossGraph } from 'minigpt4';
import { describe, expect, it } from 'vitest';
import { trainCommand } from './train-command.js';
import { extrapolated, type TrainRow } from './train-runs.js';
import { trainShapes } from './train-shapes.js';

describe('trainShapes', () => {
  it.each([
    ['smollm2-135m', 134_515_008],
    ['llama-1.1b', 1_100_048_384 - 32000 * 2048], // the table of word embeddings is not part of the step
    ['vicuna-7b 1 layer', 202_383_360 + 4096 + 32001 * 4096],
  ])('%s has the parameters of the real model', (name, expected) => {
    const tensors = expectedTensors(captionLossGraph(trainShapes[name]!.config, 32));
    const count = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
    expect(count).toBe(expected);
  });

  it('gives PyTorch every size that it reads', async () => {
    const scripts = ['llama.py', 'train_step.py', 'llm.py'].map(
      name => new URL(`../../pytorch/${name}`, import.meta.url),
    );
    const peer = await Promise.all(scripts.map(script => readFile(script, 'utf8')));
    const read = [...peer.join('').matchAll(/config\["(\w+)"\]/g)].map(([, key]) => key!);
    expect(new Set(read).size).toBeGreaterThan(5);
    expect(read.filter(key => !Object.hasOwn(trainShapes['llama-1.1b']!.config, key))).toEqual([]);
  });
});

describe('extrapolated', () => {
  const row = (shape: string, name: string, stepMs: number): TrainRow => ({
    shape,
    name,
    stepMs,
    loadSeconds: 2 * stepMs,
    peakBytes: 1000 * stepMs,
    loss: 1,
  });

  it('adds the cost of a layer for each layer more', () => {
    const rows = [
      row('vicuna-7b 1 layer', 'int8', 5),
      row('vicuna-7b 1 layer', 'float32', 10),
      row('vicuna-7b 2 layers', 'int8', 7),
      row('smollm2-135m', 'int8', 3),
    ];
    expect(extrapolated(rows)).toEqual([
      {
        shape: '32 layers, extrapolated',
        name: 'int8',
        stepMs: 5 + 31 * 2,
        loadSeconds: 134,
        peakBytes: 67_000,
      },
    ]);
    expect(extrapolated(rows.slice(0, 2))).toEqual([]);
  });
});

describe('trainCommand', () => {
  it('names the variants that it knows', async () => {
    const failing = trainCommand({ variants: 'float32,int2', rounds: 1, threads: 1, python: 'python3', json: true });
    await expect(failing).rejects.toMatchObject({
      code: 'BENCH_UNKNOWN',
      message: expect.stringMatching(/int8 lean.*got "int2"/),
    });
  });
});
