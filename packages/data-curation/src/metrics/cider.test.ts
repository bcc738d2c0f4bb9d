import { describe, expect, it } from 'vitest';
import { expectClose } from '@minigpt4/testing';
import { judged } from '../__fixtures__/judged-captions.js';
import { cider } from './cider.js';

const exact = { absolute: 1e-8, relative: 1e-8 };

describe('cider', () => {
  it('agrees with the COCO caption evaluation (pycocoevalcap 1.2) on four pictures', () => {
    const { score, scores } = cider(judged);
    expectClose([score], [2.9097429894620177], exact);
    expectClose(scores, [4.18021361, 3.20879011, 0.58167054, 3.66829769], exact);
  });

  it('agrees with it on two of them, where other words are rare', () => {
    expectClose([cider([judged[2]!, judged[0]!]).score], [2.3960102397269685], exact);
  });

  it('is 10 for the references themselves and 0 for one picture alone', () => {
    const perfect = ['a cat on the mat', 'two dogs at the beach'].map(text => ({
      candidate: text,
      references: [text],
    }));
    expectClose(cider(perfect).scores, [10, 10], exact);
    expect(cider(perfect.slice(0, 1)).score).toBe(0);
    expect(cider([]).score).toBe(0);
  });

  it('punishes a candidate that is six words longer by exp(-1/2)', () => {
    const words = (text: string) => text.split(' ');
    const other = { candidate: 'w', references: ['w'] };
    const [plain] = cider([{ candidate: 'x', references: ['x'] }, other], { words }).scores;
    const [long] = cider([{ candidate: 'x w w w w w w', references: ['x'] }, other], { words }).scores;
    // one order of four matches; x has weight ln 2 and w six times that, so the cosine is 1 / sqrt(37)
    expectClose([plain!, long!], [10 / 4, ((10 / 4) * Math.exp(-0.5)) / Math.sqrt(37)], exact);
  });
});
