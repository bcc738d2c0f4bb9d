import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { input } from '@minigpt4/onnx-graph';
import { integers, normal, run } from '../test/run-graph.js';
import { crossEntropy } from './cross-entropy.js';

const loss = crossEntropy(input('logits', 'float32', ['rows', 5]), input('targets', 'int64', ['rows']));

describe('crossEntropy', () => {
  it('is the mean of the negative log-probabilities', async () => {
    expect(loss.shape).toEqual([]);
    const logits = normal([3, 5], 1);
    const targets = [4, 0, 2];
    const ofRow = targets.map((target, row) => {
      const scores = Array.from(logits.data.subarray(row * 5, row * 5 + 5));
      return Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0)) - scores[target]!;
    });
    const { data } = await run(loss, { logits, targets: integers([3], targets) });
    expectClose(data, [ofRow.reduce((sum, value) => sum + value, 0) / 3]);
  });

  it('is the logarithm of the number of classes where all are alike', async () => {
    const logits = normal([1, 5], 1);
    logits.data.fill(3);
    const { data } = await run(loss, { logits, targets: integers([1], [2]) });
    expectClose(data, [Math.log(5)]);
  });

  it('stays finite for logits that the exponential cannot hold', async () => {
    const logits = normal([1, 5], 1);
    logits.data.set([1000, -1000, 0, 0, 0]);
    const { data } = await run(loss, { logits, targets: integers([1], [1]) });
    expectClose(data, [2000]);
  });
});
