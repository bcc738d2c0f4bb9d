import { MiniGPT4Error } from '@minigpt4/core';

// a list beyond this is a typing error: the original's largest set has 10,489 shards
const mostShards = 1_000_000;

function numbered(from: string, to: string): string[] {
  const [first, last] = [Number(from), Number(to)];
  const count = Math.abs(last - first) + 1;
  if (count > mostShards) throw tooMany(count);
  const padded = [from, to].some(bound => bound.length > 1 && bound.startsWith('0'));
  const digits = padded ? Math.max(from.length, to.length) : 0;
  return Array.from({ length: count }, (_, i) => `${first + Math.sign(last - first) * i}`.padStart(digits, '0'));
}

function tooMany(count: number): MiniGPT4Error {
  return new MiniGPT4Error(
    'TOO_MANY_SHARDS',
    `expandShardNames: expected at most ${mostShards} names, got ${count}. Check the numbers in braces.`,
  );
}

/**
 * The names that a pattern with braces stands for, in order, as a shell expands them: `a-{000..012}.tar` counts with its leading zeros,
 * `{train,val}.tar` lists, several braces multiply. A text without such braces stands for itself.
 *
 * @throws `TOO_MANY_SHARDS` beyond a million.
 */
export function expandShardNames(pattern: string): string[] {
  const found = /\{(?:(\d+)\.\.(\d+)|([^{}]*,[^{}]*))\}/u.exec(pattern);
  if (!found) return [pattern];
  const [braces, from, to, list] = found;
  const before = pattern.slice(0, found.index);
  const choices = from !== undefined && to !== undefined ? numbered(from, to) : list!.split(',');
  const endings = expandShardNames(pattern.slice(found.index + braces.length));
  if (choices.length * endings.length > mostShards) throw tooMany(choices.length * endings.length);
  return choices.flatMap(choice => endings.map(ending => `${before}${choice}${ending}`));
}
