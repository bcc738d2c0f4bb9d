import { random } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { noisyCaption } from './noisy-caption.js';

const facts = {
  label: 'alarm clock',
  keywords: ['wake', 'time', 'morning', 'bell', 'ring'],
  colours: ['red', 'gray', 'white'],
};
const captions = (some: typeof facts) => Array.from({ length: 400 }, (_, seed) => noisyCaption(some, random(seed)));

describe('noisyCaption', () => {
  it('has seven forms, the plain label twice', () => {
    const words = facts.keywords.join('|');
    const patterns = [
      /^alarm clock$/,
      /^alarm clock - red and gray and white$/,
      /^red gray alarm clock$/,
      new RegExp(`^icon of alarm clock (${words}) (${words})$`),
      new RegExp(`^alarm clock(, (${words})){3}$`),
      new RegExp(`^(${words})(, (${words})){3}$`),
    ];
    const counts = patterns.map(pattern => captions(facts).filter(caption => pattern.test(caption)).length);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(400);
    expect(Math.min(...counts)).toBeGreaterThan(30);
    expect(counts[0]).toBeGreaterThan(80);
  });

  it('never says a keyword twice', () => {
    for (const caption of captions(facts)) {
      const words = caption.split(/,? /u);
      expect(new Set(words).size).toBeGreaterThanOrEqual(words.filter(word => word !== 'and').length);
    }
  });

  it('makes do with few keywords and one colour', () => {
    const some = captions({ label: 'fog', keywords: [], colours: ['white'] });
    expect(new Set(some)).toEqual(new Set(['fog', 'fog - white', 'white fog', 'icon of fog']));
  });

  it('depends on the random source alone', () => {
    expect(noisyCaption(facts, random(5))).toBe(noisyCaption(facts, random(5)));
  });
});
