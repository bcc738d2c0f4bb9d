import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from './parse-json.js';

const source = { path: 'x.json', maxDepth: 3, limits: { jsonValues: 1000 } };
const parse = (text: string, maxDepth = 3) => parseJson(Buffer.from(text), { ...source, maxDepth });

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        expect(parse(text, 100)).toEqual(JSON.parse(text));
      }),
      { seed: 2 },
    );
  });

  it('tells keys from values, and one object from the next', () => {
    const text = '{"a":["a","a"],"b":{"a":"b"},"c":{"a":"x\\"y","d":"a"},"\\u0061b":1}';
    expect(parse(text)).toEqual(JSON.parse(text));
  });

  it.each([
    ['a key twice', '{"a":1,"a":2}', /"a" twice/],
    ['a key twice, once escaped', '{"a":1,"\\u0061":2}', /"a" twice/],
    ['a key twice below', '{"x":{"k":1,"y":[1,2],"k":2}}', /"k" twice/],
    ['a key twice after a list', '{"a":[{"a":1}],"a":2}', /"a" twice/],
    ['depth', '[[[[1]]]]', /at most 3 levels/],
    ['endless depth', '['.repeat(1_000_000), /at most 3 levels/],
    ['no JSON', '{"a":', /expected JSON/],
    ['an unfinished key', '{"a', /expected JSON/],
    ['a bad key', '{"\\x":1}', /expected JSON/],
    ['nothing', '', /expected JSON/],
  ])('refuses %s', (_, text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('refuses bytes that are no UTF-8, and a byte order mark', () => {
    expect(() => parseJson(Buffer.from([0x22, 0xff, 0x22]), source)).toThrow(/UTF-8/);
    expect(() => parse('\ufeff{}')).toThrow(/expected JSON/);
  });

  it.each([
    ['values', `[${'1,'.repeat(1000)}1]`],
    ['lists', `[${'[],'.repeat(500)}1]`],
    ['objects', `{"x":[${'{},'.repeat(500)}1]}`],
  ])('refuses too many %s before it makes them', (_, text) => {
    const limit = expect.objectContaining({ code: 'CHECKPOINT_LIMIT', message: expect.stringMatching(/jsonValues/) });
    expect(() => parse(text)).toThrow(limit);
  });

  it('keeps a "__proto__" key an ordinary one', () => {
    expect(Object.keys(parse('{"__proto__":{"a":1}}') as object)).toEqual(['__proto__']);
  });
});
