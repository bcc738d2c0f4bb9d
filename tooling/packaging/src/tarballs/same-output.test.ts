import { describe, expect, it } from 'vitest';
import { firstDifference } from './same-output.js';

describe('firstDifference', () => {
  it.each([
    { what: 'the same text', actual: 'It is a cat.\n', expected: 'It is a cat.\n' },
    { what: 'lines broken elsewhere', actual: '{ a: 1, b: [ 2 ] }', expected: '{\n  a: 1,\n  b: [ 2 ]\n}' },
    { what: 'a float that is rounded otherwise', actual: '-1.9058152', expected: '-1.9058155' },
    { what: 'another time', actual: 'loaded in 0.41 s, 254 tokens/s', expected: 'loaded in 3 s, 80.5 tokens/s' },
    { what: 'another amount of memory', actual: '17 MB', expected: '18.5 MB' },
  ])('lets $what pass', ({ actual, expected }) => {
    expect(firstDifference(actual, expected)).toBeUndefined();
  });

  it.each([
    { actual: 'It is a dog.', expected: 'It is a cat.', difference: "'cat.' expected, got 'dog.'" },
    { actual: '82 tensors', expected: '83 tensors', difference: "'83' expected, got '82'" },
    { actual: '-1.90', expected: '-1.91', difference: "'-1.91' expected, got '-1.90'" },
    { actual: '17 more', expected: '18 more', difference: "'18' expected, got '17'" },
    { actual: 'a', expected: 'a b', difference: "'b' expected, got ''" },
    { actual: 'a b', expected: 'a', difference: "'' expected, got 'b'" },
    { actual: '[ 1, 2 ]', expected: '[ 1; 2 ]', difference: "';' expected, got ','" },
    { actual: '3', expected: 'three', difference: "'three' expected, got '3'" },
  ])('tells $actual from $expected', ({ actual, expected, difference }) => {
    expect(firstDifference(actual, expected)).toBe(difference);
  });
});
