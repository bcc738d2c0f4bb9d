import { isBareNoun, type WordSense } from './word-senses.js';

/** What a description tells of a picture. */
export interface DescriptionFacts {
  readonly label: string;
  readonly group: string;
  /** One to three, the commonest first. */
  readonly colours: readonly string[];
}

const openings = ['This image shows', 'The image shows', 'The picture shows', 'This is a picture of'];

/** Number of ways in which {@link describeThing} may begin. */
export const openingCount = openings.length;

/**
 * A paragraph such as stage 2 of the paper trains on: what it is, its colours, what such a thing is, what it belongs to.
 *
 * @param opening in [0, {@link openingCount})
 */
export function describeThing({ label, group, colours }: DescriptionFacts, sense: WordSense, opening: number): string {
  const subject = sense.lemma ?? label;
  const verb = isPlural(subject) ? 'are' : 'is';
  return [
    `${openings[opening]} ${withArticle(label)}.`,
    mostly(colours),
    `${capitalised(withArticle(subject))} ${verb} ${sense.gloss}.`,
    `It belongs to ${group}.`,
  ].join(' ');
}

/** The same for a flag, whose looks are told: `three equal vertical bands of …`. */
export function describeFlag({ label, group, colours }: DescriptionFacts, looks: string): string {
  return `The image shows the ${label}. It has ${looks}. ${mostly(colours)} It belongs to ${group}.`;
}

function mostly([first, second, third]: readonly string[]): string {
  const some = third === undefined ? '' : ` with some ${third}`;
  return `It is mostly ${first}${second === undefined ? '' : ` and ${second}`}${some}.`;
}

/** Words that end in a single s and are one thing. */
const singular = /(ss|us|is|os)$/u;

function isPlural(name: string): boolean {
  return name.endsWith('s') && !singular.test(name) && !isBareNoun(name);
}

function withArticle(name: string): string {
  if (isBareNoun(name) || isPlural(name)) return name;
  // as they are spoken: a ewe, a unicycle, an x-ray, an hourglass
  const vowel = /^([aeio]|u(?!ni|se|t)|x-|hour)/iu.test(name) && !/^(ewe|eu|one\b)/iu.test(name);
  return `${vowel ? 'an' : 'a'} ${name}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
