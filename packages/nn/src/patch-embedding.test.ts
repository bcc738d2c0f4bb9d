import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { input } from '@minigpt4/onnx-graph';
import { normal, run } from '../test/run-graph.js';
import { Params } from './params.js';
import { patchEmbedding } from './patch-embedding.js';

const [batch, size, patch, width] = [2, 6, 2, 5];
const side = size / patch;

describe('patchEmbedding', () => {
  it('maps each patch, row by row, channel by channel', async () => {
    const pixels = normal([batch, 3, size, size], 1);
    const weight = normal([width, 3, patch, patch], 2);
    const bias = normal([width], 3);
    const y = patchEmbedding(Params.root(), patch, width)(input('pixels', 'float32', ['batch', 3, size, size]));
    expect(y.shape).toEqual(['batch', side * side, width]);

    const value = (image: number, at: number, output: number): number => {
      let sum = bias.data[output]!;
      for (let i = 0; i < 3 * patch * patch; i++) {
        const [channel, dy, dx] = [Math.floor(i / patch ** 2), Math.floor(i / patch) % patch, i % patch];
        const row = Math.floor(at / side) * patch + dy;
        const column = (at % side) * patch + dx;
        const pixel = pixels.data[((image * 3 + channel) * size + row) * size + column]!;
        sum += pixel * weight.data[output * 3 * patch * patch + i]!;
      }
      return sum;
    };
    const expected = Array.from({ length: batch * side * side * width }, (_, i) => {
      const token = Math.floor(i / width);
      return value(Math.floor(token / side ** 2), token % side ** 2, i % width);
    });
    expectClose((await run(y, { pixels, weight, bias })).data, expected);
  });

  it('needs to know the size of the picture', () => {
    const embed = patchEmbedding(Params.root().at('patch_embed'), patch, width);
    expect(() => embed(input('pixels', 'float32', ['batch', 3, 'height', 'width']))).toThrow(
      expect.objectContaining({ code: 'SYMBOLIC_DIMENSION' }),
    );
  });
});
