import { describe, expect, it } from 'vitest';
import { isCategory, isNamed } from './naming.js';

describe('isNamed', () => {
  it.each([
    ['rice cracker', 'It is a rice cracker. It is mostly brown and black.', true],
    ['Rice-Cracker', 'a RICE  cracker!', true],
    ['keycap: #', 'It is a keycap: *.', true],
    ['flag: France', 'It is a flag of France.', true],
    ['flag: France', 'It is a flag: France.', false],
    ['cat', 'It is a category.', false],
    ['cat', 'a concatenation', false],
    ['boy', 'It is a boy', true],
    ['piñata', 'It is a piñata.', true],
    ['man: beard', 'a man beard', true],
    ['black cat', 'a cat that is black', false],
    ['#', 'It is #.', false],
    ['', 'anything', false],
  ])('%j in %j: %s', (label, answer, named) => {
    expect(isNamed(label, answer)).toBe(named);
  });
});

describe('isCategory', () => {
  it.each([
    ['food and drink', 'It belongs to Food and Drink.', true],
    ['symbols', 'symbols', true],
    ['objects', 'It belongs to symbols.', false],
    ['', 'anything', false],
  ])('%j in %j: %s', (group, answer, right) => {
    expect(isCategory(group, answer)).toBe(right);
  });
});
