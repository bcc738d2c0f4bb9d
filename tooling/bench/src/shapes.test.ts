import { readFile } from 'node:fs/promises';
import { expectedTensors } from '@minigpt4/onnx-session';
import { describe, expect, it } from 'vitest';
import { stageShapes } from './shapes.js';

describe('stageShapes', () => {
  it('has the parameters of the real stages', () => {
    const count = (name: string) =>
      expectedTensors(stageShapes[name]!().graph).reduce(
        (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
        0,
      );
    expect(count('vit-g.39-blocks 1x257x1408')).toBe(985_894_528 + 2 * 1408); // with ln_vision
    expect(count('q-former 1x257x1408 to 1x32x768')).toBe(105_162_240);
    expect(count('projection 1x32x768 to 1x32x4096')).toBe(3_149_824);
  });

  it('is what the PyTorch side knows, name by name', async () => {
    const peer = await readFile(new URL('../pytorch/stages.py', import.meta.url), 'utf8');
    for (const name of Object.keys(stageShapes)) expect(peer).toContain(`"${name}": `);
  });
});
