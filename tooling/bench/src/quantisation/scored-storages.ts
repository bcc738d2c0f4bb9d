import type { LanguageModelLoadOptions } from 'minigpt4/language';

type LanguagePaths = NonNullable<LanguageModelLoadOptions['paths']>;

/** Holds the weights in one way for all runs, whatever would be faster here. */
function pinned(storage: LanguagePaths['decode']): LanguageModelLoadOptions {
  return { paths: { decode: storage, prefill: storage, prefillFrom: 1 } };
}

/** What everything else is held against. */
export const reference = 'float32';

/** The ways to hold weights whose cost in accuracy is measured, by name. */
export const scoredStorages: Readonly<Record<string, LanguageModelLoadOptions>> = {
  [reference]: pinned('as stored'),
  'int8 blocks': pinned('int8 blocks'),
  'int8 dynamic': pinned('int8 columns'),
  'int8 dynamic, rough': pinned('int8 columns, rough'),
  'int4 blocks': pinned('int4 blocks'),
  'int4 blocks of 64': pinned('int4 blocks of 64'),
  'int4 blocks of 128': pinned('int4 blocks of 128'),
};
