import { sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { Report } from './report.js';
import { runDirectory } from './run-directory.js';

for (const name of ['nano', 'preprocess', 'llama-tokenizer', 'smollm2']) {
  const directory = sharedPath(`goldens/${name}`);
  describe.skipIf(!directory)(`goldens/${name}`, () => {
    it('passes', { timeout: 240_000 }, async () => {
      const report = new Report(() => {});
      await runDirectory(directory!, report);
      expect(report.checks.filter(check => !check.ok)).toEqual([]);
      expect(report.skips).toEqual([]);
      expect(report.checks.length).toBeGreaterThan(10);
    });
  });
}

describe('runDirectory', () => {
  it('names a directory of no known layout', async () => {
    await expect(runDirectory('/', new Report(() => {}))).rejects.toMatchObject({ code: 'GOLDEN_UNKNOWN' });
  });
});
