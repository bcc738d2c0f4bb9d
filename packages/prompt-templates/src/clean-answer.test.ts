import { describe, expect, it } from 'vitest';
import { cleanAnswer } from './clean-answer.js';

describe('cleanAnswer', () => {
  it.each([
    ['A cat.###', 'A cat.'],
    [' A cat. ', 'A cat.'],
    ['A cat.\n###Human: and', 'A cat.'],
    ['Assistant: A cat.', 'A cat.'],
    [' Assistant:A cat.###Assistant: more', 'A cat.'],
    ['It says "Assistant: at your service".', 'It says "Assistant: at your service".'],
    ['A ## b', 'A ## b'],
    ['###', ''],
    ['', ''],
  ])('%j reads %j', (text, expected) => {
    expect(cleanAnswer(text)).toBe(expected);
  });
});
