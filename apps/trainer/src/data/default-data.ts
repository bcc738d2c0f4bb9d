import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import type { TrainConfig } from '../config/train-config.js';
import { defaultEmojiFolder } from '../emoji/default-folders.js';

/** Data that is used where none is named. */
export interface DefaultData {
  readonly training: readonly string[];
  readonly validation: readonly string[];
}

/**
 * The set of a stage in {@link defaultEmojiFolder}: the `stage1-*.tar` shards, or the folder `stage2`; and `val-*.tar`.
 * @throws `DATA_MISSING` where it was never built
 */
export function defaultData(
  stage: TrainConfig['stage'],
  environment: Readonly<Record<string, string | undefined>>,
): DefaultData {
  const folder = defaultEmojiFolder(environment);
  const names = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  const matching = (pattern: RegExp) => names.filter(name => pattern.test(name)).map(name => join(folder, name));
  const training = matching(stage === 'stage1' ? /^stage1-.*\.tar$/u : /^stage2$/u);
  if (training.length > 0) return { training, validation: matching(/^val-.*\.tar$/u) };
  throw new MiniGPT4Error(
    'DATA_MISSING',
    `${stage}: no data, expected --data with tars, a folder with filter_cap.json or pictures with captions, or the set of emoji in ${folder}, got neither. Build that set with "data emoji", or pass --data.`,
  );
}
