import { describe, expect, it } from 'vitest';
import { type Alarm, alarmLimits, Alarms, type StepFacts } from './alarms.js';

const vocabularySize = 4096;
const uniform = Math.log(vocabularySize);

function watch(raised: readonly Alarm[] = []) {
  const heard: string[] = [];
  const alarms = new Alarms(vocabularySize, ({ code, step }) => heard.push(`${code} at ${step}`), raised);
  const steps = (count: number, faults: Partial<StepFacts> = {}, first = 1) => {
    const healthy = { loss: 3, gradientNorm: 1, samples: 64, emptySamples: 0, dataWaitMs: 1, stepMs: 100 };
    for (let step = first; step < first + count; step++) alarms.afterStep({ step, ...healthy, ...faults });
  };
  return { alarms, heard, steps };
}

describe('Alarms', () => {
  it('is silent about a healthy run', () => {
    const { alarms, heard, steps } = watch();
    steps(200);
    alarms.checkEmbeddingRatio(0, 2);
    alarms.checkQuerySimilarity(0, 0.3);
    expect(heard).toEqual([]);
  });

  it('raises UNIFORM_LOSS when the loss stays at ln V, not when it passes through', () => {
    const { heard, steps } = watch();
    steps(alarmLimits.uniformSteps - 1, { loss: uniform });
    steps(1, { loss: uniform - 1 }, 50);
    expect(heard).toEqual([]);
    // as half precision rounds it
    steps(alarmLimits.uniformSteps, { loss: uniform * 1.0004 }, 51);
    expect(heard).toEqual(['UNIFORM_LOSS at 100']);
  });

  it('raises LOSS_NOT_FINITE and GRADIENT_NOT_FINITE, each once', () => {
    const { alarms, heard, steps } = watch();
    steps(1, { gradientNorm: Number.POSITIVE_INFINITY });
    steps(3, { loss: Number.NaN, gradientNorm: Number.NaN }, 2);
    expect(heard).toEqual(['GRADIENT_NOT_FINITE at 1', 'LOSS_NOT_FINITE at 2']);
    expect(alarms.raised.map(({ code }) => code)).toEqual(['GRADIENT_NOT_FINITE', 'LOSS_NOT_FINITE']);
  });

  it('raises EMPTY_LABELS when too many samples have no text, and not on the first few', () => {
    const { heard, steps } = watch();
    steps(3, { emptySamples: 4 });
    expect(heard).toEqual([]);
    steps(1, { emptySamples: 4 }, 4);
    expect(heard).toEqual(['EMPTY_LABELS at 4']);
  });

  it('raises DATA_WAIT when a third of the time goes into waiting', () => {
    const { heard, steps } = watch();
    steps(alarmLimits.waitSteps, { dataWaitMs: 29 });
    expect(heard).toEqual([]);
    steps(alarmLimits.waitSteps, { dataWaitMs: 35 }, 51);
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatch(/^DATA_WAIT/);
  });

  it('raises EMBEDDING_SIZE and QUERIES_COLLAPSED beyond their limits', () => {
    const { alarms, heard } = watch();
    alarms.checkEmbeddingRatio(0, 5);
    alarms.checkQuerySimilarity(0, 0.8);
    expect(heard).toEqual([]);
    alarms.checkEmbeddingRatio(0, 5.1);
    alarms.checkQuerySimilarity(9, 0.81);
    expect(heard).toEqual(['EMBEDDING_SIZE at 0', 'QUERIES_COLLAPSED at 9']);
  });

  it('does not raise again what was raised before a resume', () => {
    const before = watch();
    before.alarms.checkEmbeddingRatio(0, 9);
    const after = watch(before.alarms.raised);
    after.alarms.checkEmbeddingRatio(20, 9);
    expect(after.heard).toEqual([]);
    expect(after.alarms.raised).toEqual(before.alarms.raised);
  });
});
