import { estimate } from '../observation.js';
import type { Evaluation } from '../evaluation.js';
import { defaultSettings } from '../evaluation-settings.js';

/** An evaluation whose figures follow from what each picture adds, each with weight 1. */
export function makeEvaluation(observed: Readonly<Record<'named' | 'captionLoss', readonly number[]>>): Evaluation {
  const entries = Object.entries(observed);
  const figures = entries.map(([name, values]) => [name, estimate(values.map(value => ({ value, weight: 1 })))] as const);
  const n = observed.named.length;
  return {
    n,
    ...Object.fromEntries(figures.map(([name, { value }]) => [name, value])),
    standardErrors: Object.fromEntries(figures.map(([name, { standardError }]) => [name, standardError!])),
    partial: false,
    model: { name: 'tiny', digest: 'd1', encoder: 'e1', languageModel: 'l1' },
    projection: { path: '/runs/one/projection.safetensors', sha256: 'abcdef0123456789' },
    data: [{ path: '/data/test.tar', bytes: 10, sha256: 'ff' }],
    skipped: { total: 0, byReason: {}, examples: [] },
    settings: defaultSettings,
    timings: { loadSeconds: 1, seconds: 2, secondsOf: {}, picturesPerSecond: n / 2 },
    machine: { platform: 'p', arch: 'a', cpu: 'c', processors: 1, memory: 1, node: '20', threads: 1, batch: 4 },
    createdAt: '2026-01-01T00:00:00.000Z',
    samples: Array.from({ length: n }, (_, i) => ({
      key: `k${i}`,
      answers: {},
      observations: Object.fromEntries(entries.map(([name, values]) => [name, [values[i]!, 1] as const])),
    })),
  };
}
