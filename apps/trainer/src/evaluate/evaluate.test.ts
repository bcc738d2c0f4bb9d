import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageTextSample, openDataset, writeWebDataset } from '@minigpt4/data-curation';
import { expectClose, sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { makeSamples, temporaryFolder } from '../../test/make-set.js';
import { abilitiesOfPictures } from './abilities/abilities-of-pictures.js';
import { evaluate } from './evaluate.js';
import { defaultSettings, metricNames } from './evaluation-settings.js';
import { readEvaluation } from './read-evaluation.js';

const folder = await temporaryFolder();

async function tarOf(name: string, samples: readonly ImageTextSample[]): Promise<string> {
  const [shard] = await writeWebDataset(samples, { folder, name });
  return shard!.path;
}

describe('evaluate', async () => {
  const labels = ['cat', 'dog', 'sun', 'moon', 'key', 'owl'];
  const samples = (await makeSamples(6)).map((sample, i) => ({
    ...sample,
    metadata: { label: labels[i], group: i < 2 ? 'animals' : 'objects' },
  }));
  const tar = await tarOf('noise', samples);
  const all = { model: 'tiny', data: [tar], threads: 1, settings: { ...defaultSettings, metrics: metricNames } };

  it('gives every figure, the same whatever stands side by side', async () => {
    const one = await evaluate({ ...all, batch: 6 });
    expect(one).toMatchObject({ n: 6, partial: false, retrieval: { candidates: 5 }, skipped: { total: 0 } });
    expect(Object.keys(one)).toEqual(expect.arrayContaining([...metricNames]));
    expect(one.captionLoss).toBeGreaterThan(2);
    expect(one.samples).toHaveLength(6);
    expect(one.samples![1]).toMatchObject({ key: 'picture-001', label: 'dog' });
    expect(Object.keys(one.samples![1]!.answers)).toContain('What is this?');

    const seen: number[] = [];
    const other = await evaluate({ ...all, batch: 4, onProgress: ({ done }) => seen.push(done) });
    expect(seen).toEqual([4, 6]);
    for (const name of metricNames.filter(metric => metric !== 'captionLoss')) expect(other[name]).toEqual(one[name]);
    expectClose([other.captionLoss as number], [one.captionLoss as number], { absolute: 1e-5 });
    expect(other.samples!.map(({ answers }) => answers)).toEqual(one.samples!.map(({ answers }) => answers));
    expect(other.model.digest).toBe(one.model.digest);
  });

  it('keeps to its limit, leaves out broken pictures and tells of them', async () => {
    const broken = samples.map((sample, i) => (i === 1 ? { ...sample, image: sample.image.slice(0, 50) } : sample));
    const settings = { ...defaultSettings, metrics: ['named' as const], limit: 3 };
    const result = await evaluate({ ...all, data: [await tarOf('broken', broken)], settings });
    expect(result.samples!.map(({ key }) => key)).toEqual(['picture-000', 'picture-002', 'picture-003']);
    expect(result.skipped.total).toBe(1);
    expect(result.captionLoss).toBeUndefined();
  });

  it('ends at the signal with the figures of whole batches', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    const result = await evaluate({
      ...all,
      settings: defaultSettings,
      batch: 2,
      signal: controller.signal,
      onProgress,
    });
    expect(result).toMatchObject({ n: 2, partial: true });
    expect(result.captionLoss).toBeGreaterThan(0);
  });

  it('reads back what it wrote', async () => {
    const settings = { ...defaultSettings, metrics: ['named' as const], limit: 1 };
    const result = await evaluate({ ...all, settings });
    const path = join(folder, 'evaluation.json');
    await writeFile(path, JSON.stringify(result));
    expect(await readEvaluation(path)).toEqual(result);
    await writeFile(path, JSON.stringify({ ...result, n: 'many' }));
    await expect(readEvaluation(path)).rejects.toMatchObject({
      code: 'EVALUATION_UNREADABLE',
      message: expect.stringContaining('got n: ') as string,
    });
    await writeFile(path, '{');
    await expect(readEvaluation(path)).rejects.toThrow('got no JSON');
    await expect(readEvaluation(join(folder, 'absent'))).rejects.toThrow('got no readable file');
  });

  it('asks for the abilities of the paper and makes a page of them', async () => {
    const { report, page } = await abilitiesOfPictures({
      model: 'tiny',
      projections: [undefined, undefined],
      pictures: { data: [tar], limit: 1 },
      maxNewTokens: 4,
      threads: 1,
    });
    expect(report.projections).toHaveLength(2);
    const [first, second] = report.projections;
    expect(first!.answers).toHaveLength(10);
    expect(first).toEqual(second);
    const text = await page();
    expect(text).toContain('Can you write me a beautiful poem about this image?');
    expect(text).toContain('data:image/webp;base64,');
  });
});

const model = sharedPath('models/tiny');
const shard = sharedPath('data/emoji/test-twemoji.tar');

describe.skipIf(!model || !shard)('evaluate on the reference pictures', () => {
  it('gets the reference answers', async () => {
    const { answers } = JSON.parse(await readFile(join(model!, 'reference.json'), 'utf8')) as {
      answers: Record<string, { key: string; answer: string }[]>;
    };
    const [question, expected] = Object.entries(answers)[0]!;
    const keys = new Set(expected.map(({ key }) => key));
    const pictures: ImageTextSample[] = [];
    for await (const sample of (await openDataset(shard!)).samples()) if (keys.has(sample.key)) pictures.push(sample);
    const named = { ...defaultSettings.named, question, maxNewTokens: 60 };
    const result = await evaluate({
      model: model!,
      data: [await tarOf('reference', pictures)],
      settings: { ...defaultSettings, metrics: ['named'], named },
    });
    const got = result.samples!.map(({ key, answers: said }) => [key, said[question]]);
    expect(Object.fromEntries(got)).toEqual(Object.fromEntries(expected.map(({ key, answer }) => [key, answer])));
  });
});
