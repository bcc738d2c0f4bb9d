import { describe, expect, it } from 'vitest';
import { captionBatch, captionInputs, ignoredTarget, type CaptionTexts } from './caption-batch.js';

const eos = 2;
const not = ignoredTarget;

/** Two rows: 1 7 | three image tokens | 8 | the text and eos. */
const texts: CaptionTexts = {
  before: [1, 7],
  after: [8],
  texts: [
    [20, 21, 22, eos],
    [30, eos],
  ],
  imageTokens: 3,
  padId: 0,
};

/** Embeds an id as two numbers that show it. */
const embed = async (ids: readonly number[]) => Float32Array.from(ids.flatMap(id => [id, -id]));

/** (batch, tokens) row by row. */
function rowsOf(values: Int32Array, tokens: number): number[][] {
  return Array.from({ length: values.length / tokens }, (_, i) => [...values.subarray(i * tokens, (i + 1) * tokens)]);
}

describe('captionBatch', () => {
  it('lays out prompt, image, text and padding, and learns the text alone', () => {
    const batch = captionBatch(texts);
    expect(batch).toMatchObject({ batch: 2, tokens: 10, imageTokens: 3, before: [1, 7] });
    expect(batch.behind).toEqual([
      [8, 20, 21, 22, eos],
      [8, 30, eos, 0, 0],
    ]);
    expect(rowsOf(batch.attentionMask, 10)).toEqual([
      [1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
      [1, 1, 1, 1, 1, 1, 1, 1, 0, 0],
    ]);
    expect(rowsOf(batch.targets, 10)).toEqual([
      [not, not, not, not, not, not, 20, 21, 22, eos],
      [not, not, not, not, not, not, 30, eos, not, not],
    ]);
  });

  it('learns no end where its id pads too, but sees it, as the original', () => {
    const { targets, attentionMask, behind } = captionBatch({ ...texts, padId: eos });
    expect(behind[1]).toEqual([8, 30, eos, eos, eos]);
    expect([...targets.subarray(10)]).toEqual([not, not, not, not, not, not, 30, not, not, not]);
    expect([...targets.subarray(6, 10)]).toEqual([20, 21, 22, not]);
    expect([...attentionMask.subarray(10)]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0, 0]);
  });

  it('puts the text right behind the image where there is no instruction', () => {
    const batch = captionBatch({ ...texts, before: [1], after: [] });
    expect(batch.tokens).toBe(8);
    expect(batch.behind[0]).toEqual([20, 21, 22, eos]);
    expect([...batch.targets.subarray(0, 8)]).toEqual([not, not, not, not, 20, 21, 22, eos]);
  });

  it('refuses a batch of nothing', () => {
    expect(() => captionBatch({ ...texts, texts: [] })).toThrow(
      expect.objectContaining({ code: 'BATCH_EMPTY', message: expect.stringMatching(/expected at least one text/) }),
    );
  });
});

describe('captionInputs', () => {
  it('embeds what is before the image once for all rows, and what is behind for each', async () => {
    const asked: number[] = [];
    const { before, behind } = await captionInputs(captionBatch(texts), 2, async ids => {
      asked.push(ids.length);
      return embed(ids);
    });
    expect(asked).toEqual([2, 10]);
    expect([before!.shape, behind!.shape]).toEqual([
      [2, 2, 2],
      [2, 5, 2],
    ]);
    expect([...before!.data]).toEqual([1, -1, 7, -7, 1, -1, 7, -7]);
    expect([...behind!.data].filter((_, i) => i % 2 === 0)).toEqual([8, 20, 21, 22, eos, 8, 30, eos, 0, 0]);
  });

  it('takes the loss of each target from the position before it', async () => {
    const inputs = await captionInputs(captionBatch(texts), 2, embed);
    expect([...inputs.target_rows!.data]).toEqual([5, 6, 7, 8, 15, 16].map(BigInt));
    expect([...inputs.target_ids!.data]).toEqual([20, 21, 22, eos, 30, eos].map(BigInt));
    expect([...inputs.position_ids!.data].map(Number)).toEqual([...Array(10).keys(), ...Array(10).keys()]);
  });

  it('lets each position see itself and earlier real ones', async () => {
    const { attention_bias: bias } = await captionInputs(captionBatch(texts), 2, embed);
    expect(bias!.shape).toEqual([2, 1, 10, 10]);
    expect(bias!.data[1]).toBeLessThan(-3e38);
    const seen = Array.from({ length: 20 }, (_, query) =>
      Array.from({ length: 10 }, (__, key) => key).filter(key => bias!.data[query * 10 + key] === 0),
    );
    expect(seen).toEqual(
      Array.from({ length: 20 }, (_, query) => {
        const last = query < 10 ? query : Math.min(query - 10, 7);
        return Array.from({ length: last + 1 }, (__, key) => key);
      }),
    );
  });

  it('refuses a batch without a target: the loss would be a mean of nothing', async () => {
    const empty = captionBatch({ ...texts, texts: [[eos], [eos]], padId: eos });
    await expect(captionInputs(empty, 2, embed)).rejects.toMatchObject({
      code: 'LABELS_EMPTY',
      message: expect.stringContaining('got none'),
    });
  });
});
