import { describe, expect, it } from 'vitest';
import type { LanguageFigures } from './language-job.js';
import { bestOf, ratiosTo } from './language-runs.js';

const run = (figures: Partial<LanguageFigures>): LanguageFigures => ({
  loadSeconds: 4,
  prefill: 100,
  decode: 10,
  peakBytes: 1000,
  residentBytes: 900,
  fileBytes: 300,
  ...figures,
});

describe('bestOf', () => {
  it('takes the fastest of each, and the most memory', () => {
    const runs = [run({ decode: 12, loadSeconds: 5 }), run({ prefill: 90, peakBytes: 1200 })];
    expect(bestOf(runs)).toEqual(run({ decode: 12, peakBytes: 1200 }));
  });

  it('is nothing of nothing', () => {
    expect(bestOf([])).toBeUndefined();
  });
});

describe('ratiosTo', () => {
  it('is ours over theirs', () => {
    const { ratios } = ratiosTo(run({ decode: 15, peakBytes: 500 }), run({ prefill: 200 }));
    expect(ratios).toEqual({ prefill: 0.5, decode: 1.5, peakBytes: 0.5, residentBytes: 1, loadSeconds: 1 });
  });

  it('is left out without a peer', () => {
    expect(ratiosTo(run({}), undefined)).toEqual({});
  });
});
