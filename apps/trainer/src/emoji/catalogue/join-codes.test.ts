import { describe, expect, it } from 'vitest';
import { fakeEmoji } from '../__fixtures__/fake-packages.js';
import { buildCatalogue } from './catalogue.js';
import { joinByCharacters, joinByCountry, joinByFileNames, joinByFxemojiTable, joinByNames } from './join-codes.js';

const catalogue = buildCatalogue({
  emoji: [
    ...fakeEmoji,
    { label: 'clinking glasses', hexcode: '1F942', group: 4, subgroup: 5 },
    { label: 'red exclamation mark', hexcode: '2757', group: 8, subgroup: 4 },
    { label: 'person: blond hair', hexcode: '1F471', group: 1, subgroup: 3 },
    { label: 'flag: Antigua & Barbuda', hexcode: '1F1E6-1F1EC', group: 9, subgroup: 6 },
    { label: 'map of Japan', hexcode: '1F5FE', group: 5, subgroup: 1 },
  ],
  groups: {
    groups: { 1: 'people-body', 4: 'food-drink', 5: 'travel-places', 8: 'symbols', 9: 'flags' },
    subgroups: {},
  },
  shortNames: [{ '1F942': ['champagne_glass', 'cheers'], '1F5FE': 'japan' }],
  keywords: {},
});
const names = (style: string, ...list: string[]) => Object.fromEntries(joinByNames(style, list, catalogue));

describe('joining pictures to code points', () => {
  it('goes by characters without the mark for coloured pictures', () => {
    expect(Object.fromEntries(joinByCharacters({ '23-fe0f-20e3': 'keycap', '1f680': 'rocket' }))).toEqual({
      '23-20E3': 'keycap',
      '1F680': 'rocket',
    });
  });

  it('goes by file names that are code points', () => {
    expect(Object.fromEntries(joinByFileNames(['assets/0023-fe0f-20e3.webp']))).toEqual({
      '0023-20E3': 'assets/0023-fe0f-20e3.webp',
    });
  });

  it('goes by the letters of countries, and by a table where there are others', () => {
    expect(Object.fromEntries(joinByCountry('flagpack', ['se', 'gb-ukm', 'us-ca', 'earth']))).toEqual({
      '1F1F8-1F1EA': 'se',
      '1F1EC-1F1E7': 'gb-ukm',
    });
  });

  it('goes by labels and other names, however they are written', () => {
    expect(names('emojione', 'rocket', 'waving-hand', 'flag-for-antigua-and-barbuda', 'no-such-thing')).toEqual({
      '1F680': 'rocket',
      '1F44B': 'waving-hand',
      '1F1E6-1F1EC': 'flag-for-antigua-and-barbuda',
    });
  });

  it('takes a picture called by its label before one with another name, and the first of several', () => {
    expect(names('streamline-emojis', 'champagne-glass-1', 'clinking-glasses-1', 'clinking-glasses-2')).toEqual({
      '1F942': 'clinking-glasses-1',
    });
  });

  it('knows names that differ, in a skin tone too', () => {
    expect(
      names('emojione', 'exclamation-mark', 'blond-haired-person', 'blond-haired-person-medium-dark-skin-tone'),
    ).toEqual({
      '2757': 'exclamation-mark',
      '1F471': 'blond-haired-person',
      '1F471-1F3FE': 'blond-haired-person-medium-dark-skin-tone',
    });
  });

  it('leaves out pictures of something else', () => {
    expect(names('streamline-emojis', 'japan')).toEqual({});
    expect(names('emojione', 'japan')).toEqual({ '1F5FE': 'japan' });
  });

  it('never takes the icons of fxemoji by their names', () => {
    expect(Object.fromEntries(joinByFxemojiTable(['wave', 'rocket', 'whitestar']))).toEqual({
      '1F30A': 'wave',
      '1F680': 'rocket',
    });
  });
});
