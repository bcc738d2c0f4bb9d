import { readFileSync } from 'node:fs';
import { sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { heldOutNames, isHeldOutByName, isSeen, isSeenTwice, isTrainingCell } from './held-out.js';

const draft = sharedPath('data/splits_draft.json');

describe('what is held out', () => {
  it('is told apart by concept and by vendor', () => {
    expect([isSeen('1F355'), isHeldOutByName('1F355')]).toEqual([false, true]); // pizza
    expect([isSeen('1F468-200D-1F373'), isHeldOutByName('1F468-200D-1F373')]).toEqual([false, false]); // man cook
    expect([isSeen('2600'), isSeenTwice('2600')]).toEqual([true, true]);
    expect(isTrainingCell('00AE', 'Google')).toBe(false);
    expect(isTrainingCell('00AE', 'Microsoft')).toBe(true);
    expect(isTrainingCell('1F355', 'Microsoft')).toBe(false);
  });

  it('is found in keywords by single words and in sentences by whole names', () => {
    const names = heldOutNames(['milky way', 'woman\u2019s clothes', 'Statue of Liberty']);
    expect(['Milky Way', 'ways', 'clothes', 'liberty'].filter(word => !names.inKeyword(word))).toEqual([]);
    expect(['woman', 'of course', 'wayward'].filter(word => names.inKeyword(word))).toEqual([]);
    expect(names.inSentence('seen from the milky way, far off')).toBe(true);
    expect(names.inSentence('a way to the milky cow')).toBe(false);
  });
});

describe.skipIf(!draft)('the table of splits', () => {
  it('holds out everything that the shared splits do', () => {
    const splits = JSON.parse(readFileSync(draft!, 'utf8')) as Record<string, string[]> & {
      test_cells: [string, string][];
    };
    const codes = [...splits['heldout_test']!, ...splits['heldout_val']!, ...splits['compositional']!];
    expect(codes).toHaveLength(156);
    expect(codes.filter(isSeen)).toEqual([]);
    expect(splits.test_cells).toHaveLength(201);
    expect(splits.test_cells.filter(([code, vendor]) => isTrainingCell(code, vendor))).toEqual([]);
    expect(splits['seen']!.filter(code => !isSeen(code))).toEqual([]);
    const twice = new Set(splits['seen_two_vendors']);
    expect(splits['seen']!.filter(code => isSeenTwice(code) !== twice.has(code))).toEqual([]);
  });
});
