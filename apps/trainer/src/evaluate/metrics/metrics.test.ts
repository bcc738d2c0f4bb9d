import { expectClose } from '@minigpt4/testing';
import { ImageEmbeddings, type PictureAnswer, PictureBatch, type ScoredCaption } from 'minigpt4';
import { describe, expect, it } from 'vitest';
import { EvaluationBatch } from '../evaluation-batch.js';
import { defaultSettings } from '../evaluation-settings.js';
import { captionLossMetric, scoreByLength } from './caption-loss.js';
import { captionsMetric } from './captions.js';
import { type Metric, type MetricSummary, Tally } from './metric.js';
import { categoryMetric, namedMetric } from './naming.js';
import { popeMetric, questionAbout, readYesOrNo } from './pope.js';
import { rankOfFirst, retrievalMetric } from './retrieval.js';
import { isDescription, repeatsRun, styleMetric } from './style.js';

/** Pictures that answer by a function of their position and the question. */
class StubBatch extends PictureBatch {
  readonly asked: string[] = [];
  readonly #answer: (picture: number, question: string) => string;

  constructor(count: number, answer: (picture: number, question: string) => string) {
    const images = Array.from({ length: count }, (_, i) => new ImageEmbeddings(Float32Array.of(i), 1));
    super({ language: undefined as never, tokenizer: undefined as never, maxPositions: 0 }, images);
    this.#answer = answer;
  }

  override async ask(question: Parameters<PictureBatch['ask']>[0]): Promise<PictureAnswer[]> {
    const asked = typeof question === 'string' ? this.images.map((_, picture) => ({ picture, question })) : question;
    this.asked.push(...asked.map(one => one.question));
    return asked.map(one => {
      const text = this.#answer(one.picture, one.question);
      return { text: text.replace('…', ''), ids: [], finishReason: text.endsWith('…') ? 'length' : 'stop' };
    });
  }
}

interface Facts {
  readonly caption?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

function batchOf(facts: readonly Facts[], answer: (picture: number, question: string) => string = () => '') {
  const samples = facts.map(({ caption = '', metadata = {} }, position) => ({
    position,
    sample: { key: `k${position}`, image: new Uint8Array(), caption, metadata, source: '' },
  }));
  return new EvaluationBatch(samples, new StubBatch(facts.length, answer));
}

async function figuresOf(
  metric: Metric<unknown>,
  batch: EvaluationBatch,
): Promise<MetricSummary['observations'] & object> {
  const tally = new Tally(metric);
  await tally.measure(batch);
  tally.keep();
  return tally.summarize().observations;
}

const values = (observations: readonly { readonly value: number; readonly weight: number }[] | undefined) =>
  observations?.map(({ value, weight }) => (weight === 0 ? undefined : value));

describe('named and category', () => {
  const facts = [
    { metadata: { label: 'rice cracker', group: 'food and drink' } },
    { metadata: { label: 'flag: France', group: 'flags' } },
    { metadata: { group: 'symbols' } },
  ];

  it('count what stands in the answer, and only samples that say what is right', async () => {
    const answers = ['It is a rice cracker.', 'It is a flag of Spain.', 'It is a cat.'];
    const named = await figuresOf(
      namedMetric(defaultSettings),
      batchOf(facts, i => answers[i]!),
    );
    expect(values(named[''])).toEqual([1, 0, undefined]);
    const groups = ['Food and drink', 'It belongs to flags.', 'objects'];
    const category = await figuresOf(
      categoryMetric(defaultSettings),
      batchOf(facts, i => groups[i]!),
    );
    expect(values(category[''])).toEqual([1, 1, 0]);
  });

  it('ask one question once for several metrics', async () => {
    const batch = batchOf(facts, () => 'flags');
    await categoryMetric(defaultSettings).measure(batch);
    await styleMetric(defaultSettings, { groups: ['flags'] }).measure(batch);
    const { asked } = batch.pictures as StubBatch;
    expect(asked.filter(question => question === defaultSettings.category.question)).toHaveLength(3);
    expect(await batch.answersOf(1)).toMatchObject({ [defaultSettings.category.question]: 'flags' });
  });
});

const letters = (text: string) => (text === '' ? undefined : Array.from(text, letter => letter.charCodeAt(0)));
const likely = async (captions: readonly ScoredCaption[]) =>
  captions.map(({ ids }) => ({ logLikelihood: -2 * ids.length, tokens: ids.length }));

describe('captionLoss', () => {
  it('sums over tokens and leaves out captions without words', async () => {
    const batch = batchOf([{ caption: 'ab' }, { caption: '' }, { caption: 'abcd' }]);
    const { '': observed } = await figuresOf(captionLossMetric(letters, likely), batch);
    expect(observed).toEqual([
      { value: 4, weight: 2 },
      { value: 0, weight: 0 },
      { value: 8, weight: 4 },
    ]);
  });

  it('scores equally long captions together and gives them back in their order', async () => {
    const runs: number[][] = [];
    const score = async (captions: readonly ScoredCaption[]) => {
      runs.push(captions.map(({ ids }) => ids.length));
      return captions.map(({ ids }) => ({ logLikelihood: -ids[0]!, tokens: ids.length }));
    };
    const image = new ImageEmbeddings(Float32Array.of(0), 1);
    const captions = [[9, 1, 1], [8], [7, 1, 1], [6], [5, 1]].map(ids => ({ image, ids }));
    const scores = await scoreByLength({ score }, { rows: 2 })(captions);
    expect(runs).toEqual([[1, 1], [2, 3], [3]]);
    expect(scores.map(({ logLikelihood }) => logLikelihood)).toEqual([-9, -8, -7, -6, -5]);
    const stopped = scoreByLength({ score }, { rows: 2, signal: AbortSignal.abort(new Error('enough')) });
    await expect(stopped(captions)).rejects.toThrow('enough');
  });
});

describe('retrieval', () => {
  it.each([
    [[3, 1, 2], 1],
    [[1, 3, 2], 3],
    [[2, 2, 1], 1.5],
    [[0, 0, 0, 0, 0], 3],
    [[], undefined],
  ])('places the first of %j at %j', (figures, rank) => {
    expect(rankOfFirst(figures)).toBe(rank);
  });

  it('ranks the true caption among different ones of other pictures', async () => {
    const captions = ['aa', 'bbb', 'c', 'aa', 'dddd', ''];
    const seen: string[][] = [];
    const score = async (rows: readonly ScoredCaption[]) => {
      seen.push(rows.map(({ ids }) => String.fromCharCode(...ids)));
      return likely(rows);
    };
    const settings = { ...defaultSettings, retrieval: { candidates: 4, score: 'sum' as const } };
    const metric = retrievalMetric({ settings, survey: { captions }, toIds: letters, score });
    const observed = await figuresOf(metric, batchOf(captions.map(caption => ({ caption }))));
    expect(values(observed.meanRank)).toEqual([2, 3, 1, 2, 4, undefined]);
    expect(values(observed.recallAt1)).toEqual([0, 0, 1, 0, 0, undefined]);
    expect(values(observed.recallAt5)).toEqual([1, 1, 1, 1, 1, undefined]);
    expect(seen[0]).toHaveLength(20);
    expect(new Set(seen[0]!.slice(0, 4))).toEqual(new Set(['aa', 'bbb', 'c', 'dddd']));

    const byMean = { ...settings, retrieval: { candidates: 4, score: 'mean' as const } };
    const mean = retrievalMetric({ settings: byMean, survey: { captions }, toIds: letters, score });
    // per token all are equally likely: everybody shares the middle
    expect(values((await figuresOf(mean, batchOf([{ caption: 'c' }]))).meanRank)).toEqual([2.5]);
  });
});

describe('captions', () => {
  it("are judged against the samples' own", async () => {
    const facts = [{ caption: 'a cat on the mat' }, { caption: ' ' }, { caption: 'two dogs at the beach' }];
    const tally = new Tally(captionsMetric(defaultSettings));
    await tally.measure(batchOf(facts, i => ['a cat on the mat', 'x', 'a dog'][i]!));
    tally.keep();
    const { observations, others } = tally.summarize();
    expect(values(observations.cider)![1]).toBeUndefined();
    expectClose([observations.cider![0]!.value], [10], { absolute: 1e-9 });
    expect(observations.cider![2]!.value).toBeLessThan(3);
    expect(others!.bleu4).toBeGreaterThan(0);
  });
});

describe('pope', () => {
  it.each([
    ['Yes, there is a dog.', true, false],
    ['No, there is no dog. It is a cat.', false, false],
    ['There isn’t any dog.', false, true],
    ['The image shows a cat. It is not a dog.', true, true],
    ['', true, true],
    ['A knot in the north', true, true],
  ])('reads %j', (answer, yes, unclear) => {
    expect(readYesOrNo(answer)).toEqual({ yes, unclear });
  });

  it.each([
    ['Is there a {} in the image?', 'Dog', 'Is there a dog in the image?'],
    ['Is there a {} in the image?', 'apple', 'Is there an apple in the image?'],
    ['A {}?', 'owl', 'An owl?'],
    ['Is there a {}?', 'flag: Oman', 'Is there a flag of oman?'],
    ['Do you see {}?', '$& money', 'Do you see $& money?'],
  ])('asks %j about %j', (template, label, question) => {
    expect(questionAbout(template, label)).toBe(question);
  });

  const groupOf = new Map([
    ['cat', 'animals'],
    ['dog', 'animals'],
    ['sun', 'nature'],
    ['moon', 'nature'],
  ]);
  const facts = [
    { metadata: { label: 'cat', group: 'animals', keywords: ['dog'] } },
    { metadata: { label: 'sun', group: 'nature' } },
    { metadata: {} },
  ];

  it('asks about what is there and what is not, and counts both', async () => {
    const batch = batchOf(facts, (picture, question) => (picture === 0 || question.includes('sun') ? 'Yes.' : 'No.'));
    const tally = new Tally(popeMetric(defaultSettings, { groupOf }));
    await tally.measure(batch);
    tally.keep();
    const { observations, others } = tally.summarize();
    expect(values(observations.accuracy)).toEqual([1, 2, undefined]);
    expect(values(observations.recall)).toEqual([1, 1, undefined]);
    expect(values(observations.yesRatio)).toEqual([2, 1, undefined]);
    expect(others).toEqual({ precision: 2 / 3, f1: 4 / 5 });
    const { asked } = batch.pictures as StubBatch;
    expect(asked).toHaveLength(4);
    expect(asked[0]).toBe('Is there a cat in the image?');
    // a dog stands among the keywords, so nobody can say that it is not there
    expect(asked[1]).toMatch(/Is there a (sun|moon) in/);
  });

  it('takes things of the same group where that is asked for, and leaves out samples without one', async () => {
    const batch = batchOf(facts, () => 'No.');
    const settings = { ...defaultSettings, pope: { ...defaultSettings.pope, negatives: 'adversarial' as const } };
    const observed = await figuresOf(popeMetric(settings, { groupOf }), batch);
    expect((batch.pictures as StubBatch).asked).toEqual([
      'Is there a sun in the image?',
      'Is there a moon in the image?',
    ]);
    expect(values(observed.accuracy)).toEqual([undefined, 1, undefined]);
  });
});

describe('style', () => {
  it.each([
    ['A dog runs. A dog sleeps.', false],
    ['It is a pen that is a pen that is a pen.', true],
    ['one two three four, ONE two Three four', true],
    ['one two three', false],
    ['', false],
  ])('%j repeats a run of four words: %j', (text, repeats) => {
    expect(repeatsRun(text)).toBe(repeats);
  });

  it.each([
    ['This is a picture of a cat. It is mostly black.', true],
    ['This is a picture of a cat.', false],
    ['a cat. It is black.', false],
    ['This is a cat. It is mostly', false],
    ['Cat. Black.', false],
    ['', false],
  ])('%j is a description: %j', (text, description) => {
    expect(isDescription(text)).toBe(description);
  });

  it('tells who ends, repeats and follows', async () => {
    const { description, category } = defaultSettings;
    const answers: Record<string, readonly string[]> = {
      [description.question]: ['This is a cat. It is black.', 'a cat a cat a cat a cat …', 'Cat'],
      [category.question]: ['It belongs to Flags.', 'a cat', 'animals'],
    };
    const facts = [{ metadata: { label: 'cat' } }, { metadata: { label: 'owl' } }, {}];
    const batch = batchOf(
      facts,
      (picture, question) => answers[question]?.[picture] ?? (picture === 0 ? 'Yes.' : 'A cat.'),
    );
    const observed = await figuresOf(styleMetric(defaultSettings, { groups: ['flags', 'animals'] }), batch);
    expect(values(observed.endsWithStop)).toEqual([1, 0, 1]);
    expect(values(observed.repeats)).toEqual([0, 1, 0]);
    expect(values(observed.describes)).toEqual([1, 0, 0]);
    expect(values(observed.categorises)).toEqual([1, 0, 1]);
    expect(values(observed.answersYesOrNo)).toEqual([1, 0, undefined]);
    expect(observed.followsInstruction).toEqual([
      { value: 3, weight: 3 },
      { value: 0, weight: 3 },
      { value: 1, weight: 2 },
    ]);
  });
});
