import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { compareEvaluations } from './compare-evaluations.js';
import { makeEvaluation } from './__fixtures__/make-evaluation.js';
import { comparisonText, evaluationText } from './output/evaluation-text.js';

const one = makeEvaluation({ named: [1, 1, 0, 1, 0, 1], captionLoss: [3, 2, 4, 3, 3, 2] });
const other = makeEvaluation({ named: [1, 0, 0, 1, 0, 0], captionLoss: [3, 3, 4, 4, 3, 3] });

describe('compareEvaluations', () => {
  it('gives differences with the error of the same pictures, in whatever order they come', () => {
    const shuffled = { ...other, samples: other.samples!.toReversed() };
    const { figures, warnings } = compareEvaluations(one, shuffled);
    expect(warnings).toEqual([]);
    const [named, captionLoss] = figures;
    expect(named).toMatchObject({ figure: 'named', paired: true, clear: false });
    // differences 0 1 0 0 0 1
    expectClose([named!.difference, named!.standardError!], [1 / 3, Math.sqrt(4 / 3 / 5 / 6)], { absolute: 1e-9 });
    expect(captionLoss).toMatchObject({ paired: true, clear: true });
  });

  it('falls back to errors as of different pictures, and says why', () => {
    const { samples: _, ...bare } = other;
    const { figures, warnings } = compareEvaluations(one, bare);
    const { standardErrors } = one;
    expectClose([figures[0]!.standardError!], [Math.hypot(standardErrors.named!, other.standardErrors.named!)], {
      absolute: 1e-12,
    });
    expect(figures[0]!.paired).toBe(false);
    expect(warnings).toEqual([expect.stringContaining('single answers are not in both files')]);
  });

  it('warns of other data, numbers, settings and early ends', () => {
    const changed = {
      ...other,
      n: 5,
      partial: true,
      data: [{ path: 'x.tar', bytes: 1, sha256: '00' }],
      settings: { ...other.settings, seed: 9 },
    };
    expect(compareEvaluations(one, changed).warnings).toHaveLength(4);
  });

  it('leaves out figures that are not in both or have no value, and knows no error of some', () => {
    const retrieval = { meanRank: 3, candidates: 20 };
    const more = { ...one, retrieval, category: null };
    expect(compareEvaluations(more, other).figures.map(({ figure }) => figure)).toEqual(['named', 'captionLoss']);
    const [, , meanRank] = compareEvaluations(more, { ...other, retrieval }).figures;
    expect(meanRank).toMatchObject({ figure: 'retrieval.meanRank', difference: 0, standardError: null, clear: false });
  });

  it('reads well', () => {
    expect(comparisonText(compareEvaluations(one, other), ['this', 'before.json'])).toMatchInlineSnapshot(`
      "figure         this  before.json  difference  standard error
      --------------------------------------------------------------------------
      named        0.6667       0.3333     +0.3333        ± 0.2108  within error
      captionLoss  2.8333       3.3333     -0.5000        ± 0.2236         clear

      Errors are of the difference on the same pictures.
      "
    `);
    expect(evaluationText({ ...one, partial: true })).toContain('6 pictures in 2.0 s, stopped before the end');
  });
});
