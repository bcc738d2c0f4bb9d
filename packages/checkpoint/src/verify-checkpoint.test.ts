import { MiniGPT4Error } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { fixture } from '../test/support.js';
import { openCheckpoint } from './open-checkpoint.js';
import {
  CheckpointMismatchError,
  type ExpectedTensor,
  verifyCheckpoint,
  type VerifyOptions,
} from './verify-checkpoint.js';

async function mismatch(expected: readonly ExpectedTensor[], options?: VerifyOptions) {
  await using checkpoint = await openCheckpoint(fixture('runner.pth'));
  try {
    verifyCheckpoint(checkpoint, expected, options);
  } catch (error) {
    if (error instanceof CheckpointMismatchError) return error;
    throw error;
  }
  return undefined;
}

const weight = { name: 'weight', shape: [2, 3] };
const bias = { name: 'bias', shape: [2] };

describe('verifyCheckpoint', () => {
  it('passes when all is there', async () => {
    expect(await mismatch([weight, bias])).toBeUndefined();
  });

  it('lists everything at once', async () => {
    const error = await mismatch([
      { name: 'weight', shape: [5, 3] },
      { name: 'gone', shape: [4] },
    ]);
    expect(error).toBeInstanceOf(MiniGPT4Error);
    expect(error).toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
      missing: [{ name: 'gone', shape: [4] }],
      misshaped: [{ name: 'weight', expected: [5, 3], got: [2, 3] }],
      unexpected: ['bias'],
    });
    expect(error?.message).toContain('1 missing, 1 mis-shaped, 1 unexpected');
    expect(error?.message).toContain('missing "gone": expected [4], got nothing');
    expect(error?.message).toContain('mis-shaped "weight": expected [5, 3], got [2, 3]');
    expect(error?.message).toContain('unexpected "bias": expected nothing, got [2]');
  });

  it('lets unexpected tensors pass by a pattern alone, stateful patterns included', async () => {
    expect(await mismatch([weight], { ignore: [/^other/] })).toMatchObject({ unexpected: ['bias'] });
    expect(await mismatch([weight], { ignore: [/^other/, /^bias$/] })).toBeUndefined();
    expect(await mismatch([], { ignore: [/^(weight|bias)$/g] })).toBeUndefined();
    expect(await mismatch([weight, bias, { name: 'gone', shape: [] }], { ignore: [/gone/] })).toMatchObject({
      missing: [{ name: 'gone' }],
    });
  });

  it('prints the first few of many and counts the rest', async () => {
    const many = Array.from({ length: 500 }, (_, i) => ({ name: `layer.${i}`, shape: [1] }));
    const error = await mismatch([weight, bias, ...many]);
    expect(error?.missing).toHaveLength(500);
    expect(error?.message.split('\n').length).toBeLessThan(20);
    expect(error?.message).toContain('and 488 more');
  });
});
