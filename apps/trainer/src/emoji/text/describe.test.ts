import { describe, expect, it } from 'vitest';
import { describeFlag, describeThing, openingCount } from './describe.js';

const say = (label: string, gloss: string, lemma?: string) =>
  describeThing({ label, group: 'objects', colours: ['red'] }, { gloss, ...(lemma === undefined ? {} : { lemma }) }, 1);

describe('describeThing', () => {
  it('tells what it is, its colours, what such a thing is and what it belongs to', () => {
    const facts = { label: 'teapot', group: 'food and drink', colours: ['black', 'gray', 'white'] };
    expect(describeThing(facts, { gloss: 'pot for brewing tea' }, 0)).toBe(
      'This image shows a teapot. It is mostly black and gray with some white. A teapot is pot for brewing tea. It belongs to food and drink.',
    );
    const openings = Array.from({ length: openingCount }, (_, i) =>
      describeThing(facts, { gloss: 'g' }, i).slice(0, 16),
    );
    expect(new Set(openings).size).toBe(4);
  });

  it.each([
    ['egg', 'The image shows an egg. It is mostly red. An egg is g.'],
    ['ewe', 'The image shows a ewe. It is mostly red. A ewe is g.'],
    ['umbrella', 'The image shows an umbrella. It is mostly red. An umbrella is g.'],
    ['unicycle', 'The image shows a unicycle. It is mostly red. A unicycle is g.'],
    ['x-ray', 'The image shows an x-ray. It is mostly red. An x-ray is g.'],
    ['sunglasses', 'The image shows sunglasses. It is mostly red. Sunglasses are g.'],
    ['wine glass', 'The image shows a wine glass. It is mostly red. A wine glass is g.'],
    ['cactus', 'The image shows a cactus. It is mostly red. A cactus is g.'],
    ['tennis', 'The image shows tennis. It is mostly red. Tennis is g.'],
    ['mount fuji', 'The image shows mount fuji. It is mostly red. Mount fuji is g.'],
  ])('sets articles and verbs as English does: %s', (label, expected) => {
    expect(say(label, 'g')).toBe(`${expected} It belongs to objects.`);
  });

  it('defines the word that the dictionary has', () => {
    expect(say('fireworks', 'a device', 'firework')).toContain(
      'shows fireworks. It is mostly red. A firework is a device.',
    );
  });
});

describe('describeFlag', () => {
  it('tells what the flag looks like', () => {
    expect(describeFlag({ label: 'flag of Guinea', group: 'flags', colours: ['green', 'red'] }, 'three bands')).toBe(
      'The image shows the flag of Guinea. It has three bands. It is mostly green and red. It belongs to flags.',
    );
  });
});
