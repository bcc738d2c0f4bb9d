import { describe, expect, it } from 'vitest';
import { buildCatalogue, type EmojibaseEntry } from './catalogue.js';

const catalogueOf = (emoji: readonly EmojibaseEntry[], keywords: Readonly<Record<string, readonly string[]>> = {}) =>
  buildCatalogue({
    emoji,
    groups: {
      groups: { 0: 'smileys-emotion', 2: 'component', 4: 'food-drink', 9: 'flags' },
      subgroups: { 7: 'emotion' },
    },
    shortNames: [],
    keywords,
  });

describe('buildCatalogue', () => {
  it('puts names, groups and keywords together', () => {
    const { concepts } = catalogueOf(
      [{ label: 'red heart', hexcode: '2764-FE0F', tags: ['heart', 'love'], group: 0, subgroup: 7 }],
      { '\u2764\ufe0f': ['red_heart', 'valentines_day', 'love'] },
    );
    expect([...concepts.values()]).toEqual([
      {
        code: '2764',
        label: 'red heart',
        keywords: ['heart', 'love', 'valentines day'],
        group: 'faces and feelings',
        subgroup: 'emotion',
      },
    ]);
  });

  it('leaves words of held-out names out of the keywords of others', () => {
    const { concepts } = catalogueOf([
      { label: 'pizza', hexcode: '1F355', group: 4 },
      { label: 'milky way', hexcode: '1F30C', group: 4 },
      { label: 'bread', hexcode: '1F35E', tags: ['pizzas', 'way to eat', 'loaf', 'freeway'], group: 4 },
    ]);
    expect(concepts.get('1F35E')?.keywords).toEqual(['loaf', 'freeway']);
  });

  it('calls flags as captions do, and leaves parts of emoji out', () => {
    const { concepts } = catalogueOf([
      { label: 'flag: Sweden', hexcode: '1F1F8-1F1EA', group: 9 },
      { label: 'Japanese \u201cdiscount\u201d button', hexcode: '1F239', group: 0 },
      { label: 'red hair', hexcode: '1F9B0', group: 2 },
      { label: 'regional indicator A', hexcode: '1F1E6' },
    ]);
    expect([...concepts.values()].map(({ label }) => label)).toEqual(['flag of Sweden', 'Japanese discount button']);
  });
});
