import { blipCaption } from '@minigpt4/data-curation';
import type { Tokenizer } from '@minigpt4/llm-vicuna';
import { paddingId } from 'minigpt4';
import type { DatasetConfig } from '../config/train-config.js';
import type { SettledConfig } from '../config/settle-config.js';

/** The ids that are learned of one caption. */
export interface TextTarget {
  readonly ids: readonly number[];
  /** Whether there is nothing to learn but the end symbol. */
  readonly isEmpty: boolean;
}

/** Turns captions of one set into ids. */
export type ToTarget = (caption: string) => TextTarget;

/**
 * How captions become targets: cleaned as the set asks for, the end symbol behind them, tokenised as one text and cut,
 * so that a long caption loses its end symbol (`minigpt_base.py`, `forward`).
 */
export function textTargets(
  tokenizer: Tokenizer,
  { template, maxTextLength }: Pick<SettledConfig, 'template' | 'maxTextLength'>,
  { caption, maxWords }: Pick<DatasetConfig, 'caption' | 'maxWords'>,
): ToTarget {
  const padding = paddingId(tokenizer, template.endSymbol);
  const clean = (text: string) => (caption === 'blip' ? blipCaption(text, { maxWords }) : text);
  return text => {
    const cleaned = clean(text);
    const ids = tokenizer.encode(cleaned + template.endSymbol).slice(0, maxTextLength);
    // the padding id is no target
    return { ids, isEmpty: cleaned.trim() === '' || ids.every(id => id === padding) };
  };
}
