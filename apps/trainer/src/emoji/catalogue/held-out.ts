import { tableWords } from '../tables/read-table.js';
import splits from '../tables/splits.json' with { type: 'json' };

const testOrValidation = new Set([...tableWords(splits.heldOutTest), ...tableWords(splits.heldOutValidation)]);
const compositional = new Set(tableWords(splits.compositional));
const oneVendor = new Set(tableWords(splits.oneVendor));
const testCells = new Map(
  Object.entries(splits.testCells).map(([vendor, lines]) => [vendor, new Set(tableWords(lines))]),
);

/** Whether a concept's name is kept out of training texts too: it is met by tests and validation alone. */
export function isHeldOutByName(code: string): boolean {
  return testOrValidation.has(code);
}

/** Whether training may see a concept at all. */
export function isSeen(code: string): boolean {
  return !testOrValidation.has(code) && !compositional.has(code);
}

/** Whether training may see a concept as one vendor draws it; all its styles count as one hand. */
export function isTrainingCell(code: string, vendor: string): boolean {
  return isSeen(code) && !testCells.get(vendor)?.has(code);
}

/** Whether training sees a concept from two vendors or more, so that a third can be asked for it. */
export function isSeenTwice(code: string): boolean {
  return isSeen(code) && !oneVendor.has(code);
}

/** Finds the names of held-out things in texts. */
export interface HeldOutNames {
  /** Whether a keyword has a word of such a name in it, plural or not. */
  inKeyword(keyword: string): boolean;
  /** Whether a sentence has a whole such name in it. */
  inSentence(sentence: string): boolean;
}

/** Words of held-out names that say nothing about the thing. */
const fillers = new Set(['of', 'e', 'woman']);

/** Makes the search for names from the labels of what is held out. */
export function heldOutNames(labels: readonly string[]): HeldOutNames {
  const names = labels.map(label => ` ${plainWords(label).join(' ')} `);
  const words = new Set(labels.flatMap(plainWords).filter(word => !fillers.has(word)));
  return {
    inKeyword: keyword => plainWords(keyword).some(word => words.has(word) || words.has(word.replace(/s$/u, ''))),
    inSentence(sentence) {
      const text = ` ${plainWords(sentence).join(' ')} `;
      return names.some(name => text.includes(name));
    },
  };
}

function plainWords(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replaceAll(/\u2019s\b/gu, '')
      .match(/[a-z0-9]+/gu) ?? []
  );
}
