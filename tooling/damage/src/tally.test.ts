import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkpointKinds } from './originals.js';
import { tableHead, tableRow } from './report.js';
import { tallyTrials } from './tally.js';
import { prepareTrials, type Trial } from './trials.js';

const folder = await mkdtemp(join(tmpdir(), 'damage-test-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a hundred damaged copies', () => {
  it.each(checkpointKinds)('of $name are told from the original, or read as it', async kind => {
    const runTrial = await prepareTrials(kind, join(folder, kind.name), 2);
    const { verdicts, codes, violations } = await tallyTrials(runTrial, { copies: 100 });
    expect(violations).toEqual([]);
    expect(verdicts.refused).toBeGreaterThan(50);
    expect(codes.get('CHECKPOINT_CORRUPT')).toBeGreaterThan(30);
    if (['torch zip', 'sharded bin'].includes(kind.name)) {
      // what no checksum covers is the padding, so that some copies are whole
      expect(verdicts).toMatchObject({ 'data unseen': 0, 'meaning unseen': 0 });
      expect(verdicts.whole).toBeGreaterThan(0);
    } else expect(verdicts['data unseen']).toBeGreaterThan(0);
  });
});

describe('tallyTrials', () => {
  const trials: Trial[] = [
    { damage: 'truncation, copy 0', verdict: { kind: 'whole' }, milliseconds: 1, peakBytes: 100 * 2 ** 20 },
    { damage: 'bit flips, copy 1', verdict: { kind: 'refused', code: 'X' }, milliseconds: 9, peakBytes: 150 * 2 ** 20 },
    {
      damage: 'bit flips, copy 2',
      verdict: { kind: 'violation', what: 'RangeError: no' },
      milliseconds: 2,
      peakBytes: 170 * 2 ** 20,
    },
  ];

  it('counts, and names the slowest, the growth and what must not be', async () => {
    const tally = await tallyTrials(async number => trials[number]!, { copies: 3, memoryLimit: 60 * 2 ** 20 });
    expect(tally.violations).toEqual([
      'bit flips, copy 2: RangeError: no',
      'bit flips, copy 2: the process grew by 70 MB, at most 60 MB expected',
    ]);
    expect(tally.slowest).toEqual({ milliseconds: 9, damage: 'bit flips, copy 1' });
    expect(`${tableHead()}\n${tableRow('made up', tally)}`).toMatchInlineSnapshot(`
      "kind                 copies   whole  data unseen  meaning unseen  refused   slowest   memory
      made up                   3       1            0               0        1      9 ms   +70 MB
        X 1
        VIOLATION bit flips, copy 2: RangeError: no
        VIOLATION bit flips, copy 2: the process grew by 70 MB, at most 60 MB expected"
    `);
  });
});
