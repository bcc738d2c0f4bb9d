import { random } from '@minigpt4/core';
import { describe, expect, it } from 'vitest';
import { tokenizer } from '../../../test/scripted-model.js';
import { PromptIds } from './prompt-ids.js';

const textOf = (ids: readonly number[]) => tokenizer.decode(ids, { skipSpecial: false });
const withoutSpace = (text: string) => text.replaceAll(/\s/g, '');

/** A text letter by letter, and letters without a piece byte by byte: what no tokenizer gives. */
function spelled(text: string): number[] {
  return Array.from(text.replaceAll(' ', '\u2581'), letter => {
    const id = tokenizer.tokenId(letter);
    if (id !== undefined) return [id];
    const bytes = [...Buffer.from(letter)].map(byte => byte.toString(16).toUpperCase().padStart(2, '0'));
    return bytes.map(byte => tokenizer.tokenId(`<0x${byte}>`)!);
  }).flat();
}

/** Ids of the next prompt when `said` was the answer to the first. */
function nextTurn(first: string, said: readonly number[], second: string): { read: number[]; next: number[] } {
  const ids = new PromptIds(tokenizer);
  const read = ids.of({ segments: [first], bos: true });
  ids.remember(read, said);
  return { read: [...read[0]!.ids], next: [...ids.of({ segments: [second], bos: true })[0]!.ids] };
}

describe('PromptIds', () => {
  it('are those of the tokenizer at first, segment by segment', () => {
    const ids = new PromptIds(tokenizer).of({ segments: ['a cat', 'a dog'], bos: true });
    expect(ids.map(segment => segment.ids)).toEqual([
      tokenizer.encode('a cat', { bos: true }),
      tokenizer.encode('a dog'),
    ]);
  });

  it('keep what the model said, and nothing beyond what the next prompt says', () => {
    const said = [...spelled(' a cat'), ...tokenizer.encode('###')];
    const { read, next } = nextTurn('It is', said, 'It is a cat.###Human: why');
    expect(next.slice(0, read.length + 6)).toEqual([...read, ...spelled(' a cat')]);
    expect(textOf(next)).toBe(textOf(tokenizer.encode('It is a cat.###Human: why', { bos: true })));
  });

  it("keep the model's own space in front of answers, turn after turn", () => {
    const ids = new PromptIds(tokenizer);
    const turns = [' one two', ' three', 'four'];
    let text = 'Q:';
    let before: readonly number[] = [];
    for (const turn of turns) {
      const read = ids.of({ segments: [text], bos: true });
      expect(read[0]!.ids.slice(0, before.length)).toEqual(before);
      const said = tokenizer.encode(` ${turn}`);
      ids.remember(read, said);
      before = [...read[0]!.ids, ...said];
      text += ` ${turn.trim()}### Q:`;
    }
    const last = ids.of({ segments: [text], bos: true })[0]!.ids;
    expect(last.slice(0, before.length)).toEqual(before);
    expect(textOf(last)).toBe('<s> Q:   one two### Q:   three### Q:  four### Q:');
    expect(ids.of({ segments: ['Q: one two## Q:'], bos: true })[0]!.ids.length).toBeLessThan(last.length);
  });

  it('keep whole characters alone', () => {
    const star = '\u2606'; // three bytes, no piece of its own
    expect(spelled(star)).toHaveLength(3);
    const { read, next } = nextTurn('It is', spelled(` ${star}`).slice(0, -1), `It is ${star}`);
    expect(next).toEqual(tokenizer.encode(`It is ${star}`, { bos: true }));
    const other = nextTurn('It is', spelled(' \u2605'), `It is ${star}`);
    expect(textOf(other.next)).toBe(`<s> It is ${star}`);
    expect(read).toEqual(tokenizer.encode('It is', { bos: true }));
  });

  it('always read as the text, whatever was said before', () => {
    const draw = random(7);
    const words = [' cat', ' is', '\u2606', ' a\u00E9', '###', '.', ' ', '\n', ' dogs', '<s>'];
    const text = (count: number) => Array.from({ length: count }, () => words[draw.integer(words.length)]).join('');
    let kept = 0;
    for (let round = 0; round < 300; round++) {
      const [first, answer, rest] = [text(3), text(4), text(3)];
      const said = draw.integer(2) === 0 ? spelled(answer) : tokenizer.encode(answer);
      const whole = draw.integer(3) === 0 ? text(6) : `x${first}${answer.trimEnd()}${rest}`;
      const { read, next } = nextTurn(`x${first}`, said, whole);
      expect(withoutSpace(textOf(next))).toBe(withoutSpace(`<s>${whole}`));
      if (said.length > 0 && next[read.length] === said[0]) kept++;
    }
    expect(kept).toBeGreaterThan(50);
  });
});
