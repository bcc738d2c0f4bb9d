import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hostileRow } from '../report.js';
import { hostileFiles } from './hostile-files.js';
import { hostileFileName, hostileTrials } from './try-hostile.js';

const folder = await mkdtemp(join(tmpdir(), 'damage-test-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** One of each kind that is small; the command tries the large ones. */
const expected = {
  'pickle: a terabyte by stride 0': 'CHECKPOINT_LIMIT',
  'pickle: sizes that multiply to infinity': undefined,
  'pickle: Python code': 'CHECKPOINT_UNSAFE',
  'pickle: a key of a billion items': 'CHECKPOINT_CORRUPT',
  'safetensors: an endless header': 'CHECKPOINT_LIMIT',
  'index: shard "../x"': 'CHECKPOINT_UNSAFE',
  'index: thousands of shards': 'CHECKPOINT_LIMIT',
  'GGUF: 2^62 tensors': 'CHECKPOINT_LIMIT',
};

describe('hostileTrials', () => {
  it.each(Object.entries(expected))('%s: %s', async (name, code) => {
    const number = hostileFiles.findIndex(file => file.name === name);
    await writeFile(join(folder, hostileFileName(number)), hostileFiles[number]!.make());
    const trial = await hostileTrials(folder)(number);
    expect(trial.verdict).toEqual(code === undefined ? { kind: 'whole' } : { kind: 'refused', code });
    expect(hostileRow(trial)).toMatch(new RegExp(`ms .* MB {2}${code ?? 'opened'}$`));
  });
});
