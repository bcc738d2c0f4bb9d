import { join } from 'node:path';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { asFloat32 } from '@minigpt4/core';
import { loadLanguageModel } from 'minigpt4/language';
import { describe, expect, it } from 'vitest';
import { smallSizes } from '../../test/small-sizes.js';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { writeRandomGguf } from './write-random-gguf.js';

const folder = await temporaryFolder();

describe('writeRandomGguf', () => {
  it('writes a file that is loaded with the sizes it was written with', async () => {
    const path = join(folder, 'random.gguf');
    await writeRandomGguf(path, smallSizes.llm);
    const { config, model, tokenizer } = await loadLanguageModel(path, { threads: 1 });
    expect(config).toEqual(smallSizes.llm);
    expect([tokenizer.bosId, tokenizer.eosId, tokenizer.vocabularySize]).toEqual([1, 2, 272]);
    const logits = await model.forward(await model.embed([1, 9]), model.createCache());
    expect(logits.every(Number.isFinite)).toBe(true);
    await model.dispose();
  });

  it('packs noise in four bits, and norms at one in full', async () => {
    await using file = await openCheckpoint(join(folder, 'random.gguf'));
    expect(file.info('blk.1.ffn_gate.weight')).toMatchObject({ storedAs: 'Q4_0', shape: [64, 32] });
    const gate = asFloat32(await file.read('blk.1.ffn_gate.weight'));
    expect(new Set(gate).size).toBe(16);
    expect(Math.max(...gate.map(Math.abs))).toBeLessThan(0.05);
    expect(new Set(asFloat32(await file.read('output_norm.weight')))).toEqual(new Set([1]));
  });
});
