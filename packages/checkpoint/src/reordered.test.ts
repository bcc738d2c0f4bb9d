import { join } from 'node:path';
import { hostTensor, type HostTensor } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { fixture, temporaryFolder } from '../test/support.js';
import { openCheckpoint } from './open-checkpoint.js';
import { reordered } from './reordered.js';
import { writeSafetensors } from './safetensors/write-safetensors.js';

const folder = await temporaryFolder();
const path = join(folder, 'x.safetensors');
const weight = hostTensor('int16', [4, 2], Int16Array.of(0, 1, 10, 11, 20, 21, 30, 31));
const bias = hostTensor('float64', [3], Float64Array.of(1, 2, 3));

async function open(order: Record<string, readonly number[]>) {
  await writeSafetensors(path, { weight, bias });
  return reordered(await openCheckpoint(path), ({ name }) => order[name]);
}

describe('reordered', () => {
  it('takes each row from where the order says, whole or in parts', async () => {
    await using opened = await open({ weight: [2, 0, 3, 1] });
    const expected: HostTensor = hostTensor('int16', [4, 2], Int16Array.of(20, 21, 0, 1, 30, 31, 10, 11));
    expect(await opened.read('weight')).toEqual(expected);
    for (let start = 0; start <= 4; start++) {
      for (let count = 0; start + count <= 4; count++) {
        expect(await opened.readRows('weight', start, count)).toEqual(
          hostTensor(
            'int16',
            [count, 2],
            Int16Array.from(expected.data as Int16Array).slice(2 * start, 2 * (start + count)),
          ),
        );
      }
    }
    expect(opened.info('weight')).toEqual({ name: 'weight', dtype: 'int16', shape: [4, 2] });
    expect(opened.location('weight')).toBeUndefined();
  });

  it('leaves other tensors as they are', async () => {
    await using opened = await open({ weight: [2, 0, 3, 1] });
    expect(await opened.read('bias')).toEqual(bias);
    expect(opened.location('bias')).toBeDefined();
    expect([...opened.names()].sort()).toEqual(['bias', 'weight']);
  });

  it('reorders elements of a list', async () => {
    await using opened = await open({ bias: [2, 1, 0] });
    expect(await opened.read('bias')).toEqual(hostTensor('float64', [3], Float64Array.of(3, 2, 1)));
  });

  it('reorders rows of packed blocks', async () => {
    const blocks = await openCheckpoint(fixture('blocks.gguf'));
    const rows = [2, 0, 1];
    const expected = await Promise.all(
      rows.map(async row => (await blocks.readRows('Q4_K', row, 1)).data as Float32Array),
    );
    await using opened = reordered(blocks, ({ name }) => (name === 'Q4_K' ? rows : undefined));
    expect((await opened.read('Q4_K')).data).toEqual(Float32Array.from(expected.flatMap(row => [...row])));
  });

  it('refuses orders and ranges that do not fit', async () => {
    for (const order of [
      [0, 1, 2],
      [0, 1, 2, 3, 0],
      [0, 1, 2, 4],
      [0, 1, 2, -1],
      [0, 1, 2, 0.5],
    ]) {
      await expect(open({ weight: order })).rejects.toMatchObject({ code: 'CHECKPOINT_RANGE' });
    }
    await using opened = await open({ weight: [3, 2, 1, 0] });
    for (const [start, count] of [
      [0, 5],
      [4, 1],
      [-1, 1],
      [-2, 1],
      [0, -1],
      [0.5, 1],
    ] as const) {
      await expect(opened.readRows('weight', start, count)).rejects.toMatchObject({ code: 'CHECKPOINT_RANGE' });
    }
  });
});
