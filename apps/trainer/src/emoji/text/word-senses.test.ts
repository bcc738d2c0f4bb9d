import { describe, expect, it } from 'vitest';
import { tablePairs } from '../tables/read-table.js';
import table from '../tables/word-senses.json' with { type: 'json' };
import { readWordSenses } from './word-senses.js';

const offsets = [...tablePairs(table.senses)].map(([code, sense]) => [code, sense.split('/')[0]!] as const);

function nounsWith(gloss: string): Buffer {
  const nouns = Buffer.alloc(Math.max(...offsets.map(([, offset]) => Number(offset))) + 300, '\n');
  for (const [, offset] of offsets) nouns.write(`${offset} n | ${gloss}`.slice(0, 150), Number(offset));
  return nouns;
}

describe('readWordSenses', () => {
  it.each([
    ['pot for brewing tea; usually has a spout', 'pot for brewing tea'],
    ['(folklore) a corpse; "she saw one"', 'a corpse'],
    ['particles (e.g., dust; or smoke) of "x"', 'particles'],
    ['a notation (of pitch) , or length  ', 'a notation, or length'],
    ['female of cattle: "moo-cow is a term"', 'female of cattle'],
    ['noted or completed etc.', 'noted or completed etc'],
  ])('takes the first clause of %s', (gloss, expected) => {
    expect(readWordSenses(nounsWith(gloss)).get('1F680')).toEqual({ gloss: expected });
  });

  it('says which word is defined where it is another than the label', () => {
    expect(readWordSenses(nounsWith('g')).get('1F386')).toEqual({ gloss: 'g', lemma: 'firework' });
    expect(readWordSenses(nounsWith('g')).get('2668')).toEqual({ gloss: 'g', lemma: 'hot spring' });
  });

  it('refuses another version of WordNet', () => {
    expect(() => readWordSenses(Buffer.from('nothing here\n'))).toThrow(/expected a line that begins with that number/);
  });
});
