import { hostTensor, MiniGPT4Error, type HostTensor } from '@minigpt4/core';

/** Target of a position that no loss is taken at. */
export const ignoredTarget = -100;

/** Texts of a batch around its images, as ids. All rows have the same prompt, as in the original. */
export interface CaptionTexts {
  /** Ids before the image, begin-of-sequence first. */
  readonly before: readonly number[];
  /** Ids between the image and the text to learn; none in stage 1. */
  readonly after: readonly number[];
  /** Ids to learn of each row, end symbol included. */
  readonly texts: readonly (readonly number[])[];
  /** Embeddings that stand for each image. */
  readonly imageTokens: number;
  /** Id that fills rows up. A text id equal to it is no target either, as in the original. */
  readonly padId: number;
}

/** A batch laid out as rows of tokens: before | image | after, text, padding. */
export interface CaptionBatch {
  readonly batch: number;
  /** Positions of a row, image and padding included. */
  readonly tokens: number;
  readonly imageTokens: number;
  readonly before: readonly number[];
  /** Ids behind the image, (batch, tokens − before − image), padded. */
  readonly behind: readonly (readonly number[])[];
  /** 1 for real positions, 0 for padding: (batch, tokens). */
  readonly attentionMask: Int32Array;
  /** Ids to predict at their own position, {@link ignoredTarget} elsewhere: (batch, tokens). */
  readonly targets: Int32Array;
}

/** Lays texts out as the original does (`mini_gpt4.py`, `forward`). @throws `BATCH_EMPTY` without a row. */
export function captionBatch({ before, after, texts, imageTokens, padId }: CaptionTexts): CaptionBatch {
  const batch = texts.length;
  if (batch === 0) {
    throw new MiniGPT4Error('BATCH_EMPTY', 'captionBatch: no rows, expected at least one text, got none. Pass texts.');
  }
  const longest = Math.max(...texts.map(text => text.length));
  const textStart = before.length + imageTokens + after.length;
  const tokens = textStart + longest;
  const attentionMask = new Int32Array(batch * tokens);
  const targets = new Int32Array(batch * tokens).fill(ignoredTarget);
  texts.forEach((text, row) => {
    attentionMask.fill(1, row * tokens, row * tokens + textStart + text.length);
    const learned = text.map(id => (id === padId ? ignoredTarget : id));
    targets.set(learned, row * tokens + textStart);
  });
  const behind = texts.map(text => [...after, ...text, ...Array.from({ length: longest - text.length }, () => padId)]);
  return { batch, tokens, imageTokens, before, behind, attentionMask, targets };
}

/** Turns ids into word embeddings, (ids, width). */
export type EmbedIds = (ids: readonly number[]) => Promise<Float32Array>;

/** Added to the score of a position that must not be seen: the most negative float32, as in the original. */
const masked = -3.4028234663852886e38;

/**
 * Inputs of the caption-loss graph for a batch, all but `image_embeds`.
 *
 * @throws `LABELS_EMPTY` when no position has a target: the loss would be a mean of nothing
 */
export async function captionInputs(
  rows: CaptionBatch,
  width: number,
  embed: EmbedIds,
): Promise<Record<string, HostTensor>> {
  const { batch, tokens, before, behind } = rows;
  const beforeRow = await embed(before);
  const beforeRows = new Float32Array(batch * beforeRow.length);
  for (let row = 0; row < batch; row++) beforeRows.set(beforeRow, row * beforeRow.length);
  const behindRows = await embed(behind.flat());
  const { targetRows, targetIds } = shiftedTargets(rows);
  const positions = BigInt64Array.from({ length: batch * tokens }, (_, i) => BigInt(i % tokens));
  return {
    before: hostTensor('float32', [batch, before.length, width], beforeRows),
    behind: hostTensor('float32', [batch, behind[0]!.length, width], behindRows),
    position_ids: hostTensor('int64', [batch, tokens], positions),
    attention_bias: attentionBias(rows),
    target_rows: hostTensor('int64', [targetRows.length], BigInt64Array.from(targetRows, BigInt)),
    target_ids: hostTensor('int64', [targetIds.length], BigInt64Array.from(targetIds, BigInt)),
  };
}

/** Each target is predicted from the position before it: rows of the flattened hidden states, and the ids. */
function shiftedTargets({ batch, tokens, targets }: CaptionBatch): { targetRows: number[]; targetIds: number[] } {
  const targetRows: number[] = [];
  const targetIds: number[] = [];
  for (let i = 0; i < batch * tokens; i++) {
    if (i % tokens === 0 || targets[i] === ignoredTarget) continue;
    targetRows.push(i - 1);
    targetIds.push(targets[i]!);
  }
  if (targetIds.length > 0) return { targetRows, targetIds };
  throw new MiniGPT4Error(
    'LABELS_EMPTY',
    `captionInputs: no targets, expected at least one in ${batch} rows of ${tokens} tokens, got none. Check the texts and the padding id.`,
  );
}

/** (batch, 1, tokens, tokens): each position sees itself and earlier real ones. */
function attentionBias({ batch, tokens, attentionMask }: CaptionBatch): HostTensor {
  const data = new Float32Array(batch * tokens * tokens).fill(masked);
  for (let row = 0; row < batch; row++) {
    for (let query = 0; query < tokens; query++) {
      const start = (row * tokens + query) * tokens;
      for (let key = 0; key <= query; key++) if (attentionMask[row * tokens + key] === 1) data[start + key] = 0;
    }
  }
  return hostTensor('float32', [batch, 1, tokens, tokens], data);
}
