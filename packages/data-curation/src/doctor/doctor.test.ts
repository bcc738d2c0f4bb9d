import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sharedPath } from '@minigpt4/testing';
import { makeSample } from '../__fixtures__/make-samples.js';
import { openDataset } from '../open-dataset.js';
import { findLeakage } from './find-leakage.js';
import { countLengths } from './length-histogram.js';
import { surveyDataset } from './survey-dataset.js';

const twin = { ...makeSample('twin', 'a  CAT.', { licence: 'CC0-1.0' }), image: makeSample('a').image };

describe('surveyDataset', () => {
  it('tells duplicates, licences and lengths', async () => {
    const samples = [makeSample('a', 'A cat', { license: 'MIT' }), makeSample('b', 'one two three'), twin];
    const survey = await surveyDataset(samples, { countTokens: text => text.length });
    expect(survey).toEqual({
      samples: 3,
      duplicateImages: [['a', 'twin']],
      duplicateCaptions: [['a', 'twin']],
      licences: { MIT: 1, unknown: 1, 'CC0-1.0': 1 },
      words: {
        counts: [
          [2, 2],
          [3, 1],
        ],
        mean: 7 / 3,
        median: 2,
        percentile95: 3,
        max: 3,
      },
      tokens: {
        counts: [
          [5, 1],
          [7, 1],
          [13, 1],
        ],
        mean: 25 / 3,
        median: 7,
        percentile95: 13,
        max: 13,
      },
    });
  });

  it('tells nothing about nothing', async () => {
    const words = { counts: [], mean: 0, median: 0, percentile95: 0, max: 0 };
    expect(await surveyDataset([])).toEqual({
      samples: 0,
      duplicateImages: [],
      duplicateCaptions: [],
      licences: {},
      words,
    });
  });
});

describe('countLengths', () => {
  it('takes percentiles at the length that enough texts do not exceed', () => {
    const counter = countLengths();
    for (let length = 1; length <= 100; length++) counter.add(length);
    expect(counter.histogram()).toMatchObject({ mean: 50.5, median: 50, percentile95: 95, max: 100 });
  });
});

describe('findLeakage', () => {
  it('finds pictures and keys that both sets have', async () => {
    const train = [makeSample('a'), makeSample('b'), makeSample('c')];
    const test = [twin, { ...makeSample('new'), key: 'b' }, makeSample('d')];
    expect(await findLeakage(train, test)).toEqual({
      tested: 3,
      sameImage: [{ test: 'twin', train: 'a' }],
      sameKey: ['b'],
    });
  });
});

const emoji = sharedPath('data/emoji');

describe.skipIf(!emoji)('the emoji set', () => {
  it('has one licence in a test style, and no picture of the other', async () => {
    const [twemoji, streamline] = await Promise.all(
      ['test-twemoji.tar', 'val-streamline.tar'].map(name => openDataset(join(emoji!, name))),
    );
    expect((await surveyDataset(twemoji!.samples())).licences).toEqual({ 'CC-BY-4.0': 1456 });
    expect(await findLeakage(twemoji!.samples(), streamline!.samples())).toEqual({
      tested: 516,
      sameImage: [],
      sameKey: [],
    });
  });
});
