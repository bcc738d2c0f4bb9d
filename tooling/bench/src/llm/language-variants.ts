import type { LanguageModelLoadOptions } from 'minigpt4/language';
import type { LanguageJob } from './language-job.js';

/** The ways in which ours keeps its weights, by name. */
export const languageVariants: Readonly<Record<string, LanguageModelLoadOptions>> = {
  int4: { quantize: { language: 'int4' } },
  'int4 + int8 prefill': { quantize: { language: 'int4' }, prefillCopy: 'int8' },
  int8: { quantize: { language: 'int8' } },
  'as stored': {},
};

/** Those that are run unless others are named; the rest needs more memory than most machines have for 7 B. */
export const defaultVariants = 'int4,int4 + int8 prefill';

/** What a model of a job is loaded with. */
export function loadOptions({ variant, threads }: LanguageJob): LanguageModelLoadOptions {
  return { ...languageVariants[variant], threads };
}
