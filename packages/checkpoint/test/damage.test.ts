import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMiniGPT4Error } from '@minigpt4/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../src/index.js';
import { fixture, temporaryFolder } from './support.js';

const folder = await temporaryFolder();

/** Opens and reads everything; whatever is wrong must come as a coded error. */
async function readAll(path: string): Promise<void> {
  try {
    await using opened = await openCheckpoint(path);
    for (const name of opened.names()) await opened.read(name);
  } catch (error) {
    if (!isMiniGPT4Error(error)) throw error;
  }
}

describe('damaged files', () => {
  it.each([
    'variants.pth',
    'variants-legacy.pth',
    'variants-protocol4.pth',
    'variants.safetensors',
    'runner.pth',
    'blocks.gguf',
  ])('%s with random damage loads or ends in a coded error', async file => {
    const whole = await readFile(fixture(file));
    const path = join(folder, file);
    const position = fc.oneof(
      fc.nat(whole.length - 1),
      // the directory of a zip lies at the end, other headers at the start
      fc.nat(300).map(back => whole.length - 1 - back),
      fc.nat(1200),
    );
    const change = fc.tuple(position, fc.oneof(fc.nat(255), fc.constantFrom(0, 0x80, 0xff)));
    const damage = fc.record({
      changes: fc.array(change, { minLength: 1, maxLength: 6 }),
      cut: fc.option(position, { freq: 8 }),
    });
    const checked = fc.assert(
      fc.asyncProperty(damage, async ({ changes, cut }) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        await writeFile(path, bytes.subarray(0, cut ?? bytes.length));
        await readAll(path);
      }),
      { numRuns: 150, seed: 5 },
    );
    await expect(checked).resolves.toBeUndefined();
  });
});
