import type { Tokenizer } from '@minigpt4/llm-vicuna';
import { captionBatch, paddingId } from 'minigpt4';
import type { SettledConfig } from '../config/settle-config.js';
import { promptIds } from '../data/batch-source.js';
import type { TextTarget } from '../data/text-targets.js';

/** A run of what the language model reads in training: a text, or the place of the picture. */
export interface PreviewPart {
  /** What the tokens stand for; `<image>` for the picture. */
  readonly text: string;
  readonly tokens: number;
  /** Whether a loss is taken at these tokens. */
  readonly learned: boolean;
}

/** One sample as training lays it out. */
export interface LabelPreview {
  readonly key: string;
  readonly parts: readonly PreviewPart[];
}

/** What {@link labelPreview} lays out. */
export interface LabelPreviewOptions {
  readonly key: string;
  readonly target: TextTarget;
  readonly config: SettledConfig;
  readonly tokenizer: Tokenizer;
  /** Vectors that stand for an image. */
  readonly imageTokens: number;
}

/** The very batch of one sample that the loss would be computed of, as text, and which of it is learned. */
export function labelPreview({ key, target, config, tokenizer, imageTokens }: LabelPreviewOptions): LabelPreview {
  const { template, instructions } = config;
  const { before, after } = promptIds(tokenizer, template, template.prompt === '' ? undefined : instructions[0]);
  const padId = paddingId(tokenizer, template.endSymbol);
  const { targets, behind } = captionBatch({ before, after, texts: [target.ids], imageTokens, padId });
  const textStart = before.length + imageTokens;
  const isLearned = (i: number) => targets[textStart + i]! >= 0;
  const part = (ids: readonly number[], learned: boolean): PreviewPart[] =>
    ids.length === 0 ? [] : [{ text: tokenizer.decode(ids, { skipSpecial: false }), tokens: ids.length, learned }];

  const parts = [...part(before, false), { text: '<image>', tokens: imageTokens, learned: false }];
  const text = behind[0]!;
  for (let start = 0; start < text.length; ) {
    let end = start + 1;
    while (end < text.length && isLearned(end) === isLearned(start)) end++;
    parts.push(...part(text.slice(start, end), isLearned(start)));
    start = end;
  }
  return { key, parts };
}
