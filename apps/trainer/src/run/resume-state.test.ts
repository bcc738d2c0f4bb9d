import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostTensor } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/make-set.js';
import { loadState, type ResumeState, saveState } from './resume-state.js';

function state(step: number): ResumeState {
  const pair = (value: number) => ({
    weight: hostTensor('float32', [3, 2], new Float32Array(6).fill(value + step / 7)),
    bias: hostTensor('float32', [3], new Float32Array(3).fill(-value)),
  });
  return {
    step,
    seconds: 1.25,
    data: { mixer: [1, -2, 3, 4], instructions: [5, 6, 7, 8], sets: [{ epoch: 1, position: 3 }] },
    best: { step: 2, loss: 0.1 },
    validationsSinceBest: 1,
    skippedInARow: 0,
    weights: pair(1),
    optimizer: { step: step - 1, firstMoments: pair(2), secondMoments: pair(3) },
  };
}

describe('saveState and loadState', async () => {
  const root = await temporaryFolder();
  let made = 0;
  async function folderWith(...steps: readonly number[]): Promise<string> {
    const folder = join(root, `resume-${made++}`);
    await mkdir(folder);
    for (const step of steps) await saveState(folder, state(step));
    return folder;
  }

  it('gives back to the last bit what was saved last', async () => {
    expect(await loadState(await folderWith(9, 10))).toEqual({ state: state(10), warnings: [] });
  });

  it('keeps two states', async () => {
    expect(await readdir(await folderWith(2, 4, 10))).toEqual([
      'step-00000004.safetensors',
      'step-00000010.safetensors',
    ]);
  });

  it('is undefined for an empty folder', async () => {
    expect(await loadState(await folderWith())).toBeUndefined();
  });

  it.each([
    ['cut off', (path: string) => truncate(path, 300)],
    ['empty', (path: string) => truncate(path, 0)],
    [
      'changed in one bit',
      async (path: string) => {
        const bytes = await readFile(path);
        bytes[bytes.length - 3]! ^= 1;
        await writeFile(path, bytes);
      },
    ],
  ])('goes back to the state before one that is %s, and says so', async (_, damage) => {
    const folder = await folderWith(5, 6);
    await damage(join(folder, 'step-00000006.safetensors'));
    const found = await loadState(folder);
    expect(found!.state).toEqual(state(5));
    expect(found!.warnings).toEqual([expect.stringContaining('step-00000006')]);
  });

  it('says what to do when no state is whole, and removes none', async () => {
    const folder = await folderWith(5, 6);
    for (const name of await readdir(folder)) await truncate(join(folder, name), 100);
    await expect(loadState(folder)).rejects.toMatchObject({ code: 'RESUME_CORRUPT' });
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('keeps the states before when the folder cannot be written', async () => {
    await expect(saveState(join(root, 'absent'), state(1))).rejects.toMatchObject({ code: 'CHECKPOINT_WRITE' });
  });
});
