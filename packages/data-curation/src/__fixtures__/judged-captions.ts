import type { JudgedCaption } from '../metrics/bleu.js';

/** Four pictures, scored once with pycocoevalcap 1.2 (Bleu(4) and Cider()) on lower-case texts split at spaces. */
export const judged: readonly JudgedCaption[] = [
  {
    candidate: 'a red apple on a wooden table',
    references: ['a red apple lies on a wooden table', 'an apple on a table made of wood'],
  },
  {
    candidate: 'two dogs run on the beach near the sea',
    references: [
      'two dogs are running on the beach',
      'a pair of dogs run along the sea',
      'two dogs run on the sand near the water',
    ],
  },
  {
    candidate: 'a man rides a bike',
    references: ['a man is riding a red bike down the street in the rain'],
  },
  {
    candidate: 'the the the cat cat sits on the mat',
    references: ['a cat sits on the mat', 'the cat is on the mat'],
  },
];
