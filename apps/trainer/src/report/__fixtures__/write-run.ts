import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tinyStage1 } from '../../configs/tiny-stage1.js';
import type { Manifest } from '../../run/manifest.js';

const manifest: Manifest = {
  format: 1,
  name: 'tiny-stage1',
  stage: 'stage1',
  config: { ...tinyStage1, steps: 90, question: 'What <b>is</b> this?' },
  seed: 7,
  data: [{ path: '/data/a&b.tar', bytes: 1234567, sha256: 'aaaaaaaaaaaaaaaabbbb' }],
  validation: [{ path: 'https://example.org/v.tar', bytes: null, sha256: null }],
  skipped: { total: 2, byReason: {}, examples: [] },
  model: { name: 'tiny', encoder: 'e'.repeat(64), languageModel: 'l'.repeat(64) },
  backend: { name: 'wasm', threads: 2, languageWeights: 'as stored' },
  versions: { node: '20.20.2' },
  machine: { platform: 'linux', arch: 'x64', cpu: 'a processor', processors: 2, memory: 2 ** 33 },
  alarms: [],
  started: '2026-01-02T03:04:05.000Z',
  updated: '2026-01-02T03:05:05.000Z',
  status: 'finished',
  step: 90,
  sizes: {
    start: { embeddingRatio: 2, querySimilarity: 0.2 },
    now: { embeddingRatio: 2.5, querySimilarity: 0.25 },
  },
  best: { step: 60, loss: 3.1234 },
};

const picture = 'data:image/webp;base64,UklGRg==';

/** A run's folder as training leaves it: 90 steps, validations and samples every 30. */
export async function writeRun(folder: string, changes: Partial<Manifest> = {}): Promise<string> {
  await mkdir(folder, { recursive: true });
  const steps = Array.from({ length: 90 }, (_, i) => ({
    step: i + 1,
    loss: i === 40 ? null : 2 + 3 / (i + 1),
    lr: 1e-3 / (i + 1),
    gradientNorm: 1 + (i % 7),
    tokensPerSecond: 5000 + i,
    dataWaitMs: i % 3,
    seconds: i * 1.5,
  }));
  const validations = [30, 60, 90].map(step => ({ step, validationLoss: 3 + 1 / step }));
  const samples = [0, 30, 60, 90].flatMap(step =>
    ['one', 'two'].map(key => ({ step, key, image: picture, question: 'What <b>is</b> this?', answer: `${key} at ${step}` })),
  );
  const lines = (list: readonly object[]) => list.map(line => `${JSON.stringify(line)}\n`).join('');
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, ...changes }));
  await writeFile(join(folder, 'metrics.jsonl'), `${lines([...steps, ...validations])}{"step":91,"lo`);
  await writeFile(join(folder, 'samples.jsonl'), lines(samples));
  return folder;
}
