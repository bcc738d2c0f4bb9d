import { createHash } from 'node:crypto';
import type { ArtStyle } from './art-styles.js';
import type { Catalogue, Concept } from './catalogue.js';
import { isSeen, isSeenTwice, isTrainingCell } from './held-out.js';
import type { CodeMap } from './join-codes.js';

/** A picture to be made into a sample. */
export interface Drawing {
  /** Name of the sample: the style and a number that counts through all styles, held-out drawings too. */
  readonly key: string;
  readonly style: ArtStyle;
  readonly concept: Concept;
  /** The concept's label, with its skin tone where it has one. */
  readonly label: string;
  readonly hasTone: boolean;
  /** Icon name or file name in the style's package. */
  readonly picture: string;
}

/** What {@link drawingsOf} chooses from. */
export interface DrawingSource {
  readonly style: ArtStyle;
  readonly codes: CodeMap;
  readonly catalogue: Catalogue;
  /** Number of the style's first drawing. */
  readonly firstNumber: number;
}

/** The drawings of a style that its split may hold, and how many were numbered. */
export interface ChosenDrawings {
  readonly drawings: readonly Drawing[];
  readonly numbered: number;
}

/**
 * The drawings of a style: its concepts in the order of their keys, then one skin tone of each that has them, chosen by
 * a hash of concept and style. What is held out for this style's use is numbered and left out.
 */
export function drawingsOf({ style, codes, catalogue, firstNumber }: DrawingSource): ChosenDrawings {
  const taken = [...catalogue.concepts.values()]
    .filter(concept => takes(style, concept) && codes.has(concept.code))
    .toSorted((a, b) => (a.code < b.code ? -1 : 1));
  const plain = taken.map(concept => ({
    concept,
    label: concept.label,
    hasTone: false,
    picture: codes.get(concept.code)!,
  }));
  const toned = style.tones ? inOneTone(style, taken, { codes, catalogue }) : [];
  const all = [...plain, ...toned].map((drawing, i) => ({
    ...drawing,
    style,
    key: `${style.name}-${String(firstNumber + i).padStart(5, '0')}`,
  }));
  return { drawings: all.filter(({ concept }) => mayUse(style, concept.code)), numbered: all.length };
}

function takes({ takes: what }: ArtStyle, { group, subgroup }: Concept): boolean {
  if (what === 'country flags') return subgroup === 'country-flag';
  return group !== 'flags' || what === 'things and flags';
}

function mayUse({ use, vendor }: ArtStyle, code: string): boolean {
  if (use === 'train') return isTrainingCell(code, vendor);
  return use === 'validation' ? isSeen(code) : isSeenTwice(code);
}

function inOneTone(
  style: ArtStyle,
  concepts: readonly Concept[],
  { codes, catalogue }: Pick<DrawingSource, 'codes' | 'catalogue'>,
) {
  const drawn = new Map<string, string[]>();
  for (const [code, { of }] of catalogue.variants) {
    if (codes.has(code)) drawn.set(of, [...(drawn.get(of) ?? []), code]);
  }
  return concepts.flatMap(concept => {
    const variants = (drawn.get(concept.code) ?? []).toSorted();
    const code = variants[hashed(`${style.name} ${concept.code}`) % variants.length];
    if (code === undefined) return [];
    return [{ concept, label: catalogue.variants.get(code)!.label, hasTone: true, picture: codes.get(code)! }];
  });
}

function hashed(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE();
}
