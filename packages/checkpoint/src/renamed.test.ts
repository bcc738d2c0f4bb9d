import { describe, expect, it } from 'vitest';
import { fixture } from '../test/support.js';
import { openCheckpoint } from './open-checkpoint.js';
import { renamed } from './renamed.js';

describe('renamed', () => {
  it('gives other names, drops tensors, and closes what it was made from', async () => {
    const original = await openCheckpoint(fixture('variants.pth'));
    const view = renamed(original, name => (name.startsWith('types.') ? name.replace('types.', 'as_') : undefined));
    expect(view.names()).toContain('as_bfloat16');
    expect(view.names()).toHaveLength(10);
    expect([view.path, view.format]).toEqual([original.path, 'torch']);
    expect(view.info('as_int8')).toEqual({ ...original.info('types.int8'), name: 'as_int8' });
    expect(view.info('types.int8')).toBeUndefined();
    expect(view.location('as_int8')).toEqual(original.location('types.int8'));
    expect(view.location('types.int8')).toBeUndefined();
    expect(await view.read('as_int8')).toEqual(await original.read('types.int8'));
    expect(await view.readRows('as_int8', 1, 2)).toEqual(await original.readRows('types.int8', 1, 2));
    await expect(view.read('types.int8')).rejects.toMatchObject({ code: 'CHECKPOINT_NO_TENSOR' });
    await view.close();
    await view.close();
    await expect(original.read('scalar')).rejects.toMatchObject({ code: 'CHECKPOINT_CLOSED' });
  });

  it('refuses one name for two tensors', async () => {
    await using original = await openCheckpoint(fixture('runner.pth'));
    expect(() => renamed(original, () => 'same')).toThrow(expect.objectContaining({ code: 'CHECKPOINT_NAME' }));
  });
});
