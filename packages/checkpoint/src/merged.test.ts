import { join } from 'node:path';
import { hostTensor } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { fixture, temporaryFolder } from '../test/support.js';
import { merged } from './merged.js';
import { openCheckpoint } from './open-checkpoint.js';
import { writeSafetensors } from './safetensors/write-safetensors.js';

const folder = await temporaryFolder();

describe('merged', () => {
  it('shows all tensors, the later file winning, and closes every file', async () => {
    const path = join(folder, 'later.safetensors');
    const weight = hostTensor('float32', [1], new Float32Array([9]));
    await writeSafetensors(path, { weight }, { from: 'later' });
    const first = await openCheckpoint(fixture('runner.pth'));
    const later = await openCheckpoint(path);
    const all = merged([first, later]);
    expect([...all.names()].sort()).toEqual(['bias', 'weight']);
    expect([all.format, all.metadata]).toEqual(['sharded', { from: 'later' }]);
    expect(all.path).toBe(`${first.path}, ${path}`);
    expect(await all.read('weight')).toEqual(weight);
    expect(await all.read('bias')).toEqual(await first.read('bias'));
    expect(all.location('bias')?.file).toBe(first.path);
    await all.close();
    for (const part of [first, later])
      await expect(part.read('weight')).rejects.toMatchObject({ code: 'CHECKPOINT_CLOSED' });
  });

  it('refuses an empty list', () => {
    expect(() => merged([])).toThrow(expect.objectContaining({ code: 'CHECKPOINT_NAME' }));
  });
});
