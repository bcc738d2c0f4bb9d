import { describe, expect, it } from 'vitest';
import { expectClose } from '@minigpt4/testing';
import { judged } from '../__fixtures__/judged-captions.js';
import { bleu } from './bleu.js';

const exact = { absolute: 1e-9, relative: 1e-9 };

describe('bleu', () => {
  it('agrees with the COCO caption evaluation (pycocoevalcap 1.2) on four pictures', () => {
    const { score, precisions, brevityPenalty } = bleu(judged);
    expectClose([score], [0.4458780221942939], exact);
    // its BLEU-1, BLEU-2 and BLEU-3
    const upTo = (n: number) =>
      brevityPenalty * Math.exp(precisions.slice(0, n).reduce((sum, p) => sum + Math.log(p), 0) / n);
    expectClose([upTo(1), upTo(2), upTo(3)], [0.7095666526202798, 0.6515642939089917, 0.5580527086637725], exact);
  });

  it('agrees with it where the candidates are too short', () => {
    expectClose([bleu([judged[2]!, judged[0]!]).score], [0.22714919223231075], exact);
  });

  it('clips a repeated word: the two of seven of Papineni et al.', () => {
    const references = ['The cat is on the mat.', 'There is a cat on the mat.'];
    const { precisions, score } = bleu([{ candidate: 'the the the the the the the', references }]);
    expectClose([precisions[0]!], [2 / 7], exact);
    expect(score).toBe(0);
  });

  it('is 1 for the reference itself, whatever case and punctuation, and 0 for nothing', () => {
    expect(bleu([{ candidate: 'A cat, on THE mat!', references: ['a cat on the mat'] }]).score).toBe(1);
    expect(bleu([{ candidate: '', references: ['a cat on the mat'] }]).score).toBe(0);
    expect(bleu([]).score).toBe(0);
  });

  it('takes the shorter of two equally close references', () => {
    // 4 words against 3 and 5: with 3 there is no penalty
    const { brevityPenalty } = bleu([{ candidate: 'a b c d', references: ['a b c d e', 'a b c'] }]);
    expect(brevityPenalty).toBe(1);
  });

  it('takes another way to cut words', () => {
    const words = (text: string) => text.split('');
    expect(bleu([{ candidate: 'abcd', references: ['abcd'] }], { words }).score).toBe(1);
  });
});
