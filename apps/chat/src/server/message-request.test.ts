import { describe, expect, it } from 'vitest';
import { parseMessageRequest } from './message-request.js';

describe('parseMessageRequest', () => {
  it('takes a question with settings', () => {
    expect(parseMessageRequest('{"question":" What? ","temperature":0.5,"seed":1,"maxNewTokens":9}')).toEqual({
      question: 'What?',
      settings: { temperature: 0.5, seed: 1, maxNewTokens: 9 },
    });
  });

  it.each([
    ['', /no JSON/],
    ['[]', /no JSON object/],
    ['null', /no JSON object/],
    ['{}', /question expected 1 to 4000 characters of text, got undefined/],
    ['{"question":"  "}', /got 2 characters/],
    [`{"question":"${'x'.repeat(4001)}"}`, /got 4001 characters/],
    ['{"question":"a","temperature":"1"}', /temperature expected a number from 0 to 100, got "1"/],
    ['{"question":"a","maxNewTokens":0.5}', /maxNewTokens expected a whole number from 1 to 100000, got 0\.5/],
    ['{"question":"a","max_tokens":5}', /no field max_tokens, expected question and any of temperature/],
    ['{"question":"a","port":5}', /no field port/],
  ])('refuses %s', (body, message) => {
    expect(() => parseMessageRequest(body)).toThrow(
      expect.objectContaining({ code: 'BAD_REQUEST', message: expect.stringMatching(message) as unknown }),
    );
  });
});
