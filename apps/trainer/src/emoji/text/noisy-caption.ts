import type { Random } from '@minigpt4/core';

/** What a caption can tell of a picture. */
export interface CaptionFacts {
  readonly label: string;
  readonly keywords: readonly string[];
  /** At least one, the commonest first. */
  readonly colours: readonly string[];
}

type Form = (facts: CaptionFacts, words: (count: number) => readonly string[]) => string;

/** The ways in which captions found with pictures differ; the plain label is twice as common as each of the others. */
const forms: readonly Form[] = [
  ({ label }) => label,
  ({ label }) => label,
  ({ label, colours }) => `${label} - ${colours.join(' and ')}`,
  ({ label, colours }) => [...colours.slice(0, 2), label].join(' '),
  ({ label }, words) => ['icon of', label, ...words(2)].join(' '),
  ({ label }, words) => [label, ...words(3)].join(', '),
  ({ label }, words) => words(4).join(', ') || label,
];

/** A caption such as stage 1 of the paper meets: a label, or keywords, or both, with colours at times; never a sentence. */
export function noisyCaption(facts: CaptionFacts, source: Random): string {
  const form = forms[source.integer(forms.length)]!;
  const order = source.permutation(facts.keywords.length);
  return form(facts, count => order.slice(0, count).map(i => facts.keywords[i]!));
}
