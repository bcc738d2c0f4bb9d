import { codeOfText, conceptCode } from './code-points.js';
import { heldOutNames, type HeldOutNames, isHeldOutByName } from './held-out.js';

/** One thing that emoji stand for. */
export interface Concept {
  /** Code points, as {@link conceptCode} writes them. */
  readonly code: string;
  /** Name in plain words. */
  readonly label: string;
  /** Words that go with it; none names a thing that is held out. */
  readonly keywords: readonly string[];
  readonly group: string;
  readonly subgroup: string;
}

/** A concept in a skin tone. */
export interface Variant {
  /** Key of the concept. */
  readonly of: string;
  readonly label: string;
}

/** What there is to draw, whoever draws it. */
export interface Catalogue {
  /** By their keys. */
  readonly concepts: ReadonlyMap<string, Concept>;
  /** By their keys. */
  readonly variants: ReadonlyMap<string, Variant>;
  /** Finds what captions must not name. */
  readonly heldOut: HeldOutNames;
  /** The key of a concept or a variant from a name such as `red-heart`, in any of the ways it is written. */
  codeOfName(name: string): string | undefined;
  /** Whether a name is the label of a key, spelling apart. */
  isLabel(code: string, name: string): boolean;
}

/** Of the package `emojibase-data`: names, tags and groups from Unicode's CLDR, and short names that other systems use. */
export interface CatalogueSources {
  readonly emoji: readonly EmojibaseEntry[];
  readonly groups: {
    readonly groups: Readonly<Record<string, string>>;
    readonly subgroups: Readonly<Record<string, string>>;
  };
  /** Lists of short names by code points, the most trusted first. */
  readonly shortNames: readonly Readonly<Record<string, string | readonly string[]>>[];
  /** Of the package `emojilib`: keywords by emoji. */
  readonly keywords: Readonly<Record<string, readonly string[]>>;
}

/** An entry of emojibase's `data.json`, as far as it is read. */
export interface EmojibaseEntry {
  readonly label: string;
  readonly hexcode: string;
  readonly tags?: readonly string[];
  readonly group?: number;
  readonly subgroup?: number;
  readonly skins?: readonly EmojibaseEntry[];
}

const groupNames: Readonly<Record<string, string>> = {
  'smileys-emotion': 'faces and feelings',
  'people-body': 'people',
  'animals-nature': 'animals and nature',
  'food-drink': 'food and drink',
  'travel-places': 'travel and places',
  activities: 'activities',
  objects: 'objects',
  symbols: 'symbols',
  flags: 'flags',
};

/** Puts names, groups and keywords of every emoji together. Parts of emoji (tones, hair, letters of flags) are no concepts. */
export function buildCatalogue(sources: CatalogueSources): Catalogue {
  const concepts = new Map<string, Concept>();
  const variants = new Map<string, Variant>();
  const keywords = new Map(Object.entries(sources.keywords).map(([emoji, words]) => [codeOfText(emoji), words]));
  const hidden = sources.emoji.filter(({ hexcode }) => isHeldOutByName(conceptCode(hexcode)));
  const heldOut = heldOutNames(hidden.map(({ label }) => label));
  for (const entry of sources.emoji) {
    const group = groupNames[sources.groups.groups[String(entry.group)] ?? ''];
    if (group === undefined) continue;
    const code = conceptCode(entry.hexcode);
    const label = plainLabel(entry.label);
    const subgroup = sources.groups.subgroups[String(entry.subgroup)] ?? '';
    const words = cleanKeywords([...(entry.tags ?? []), ...(keywords.get(code) ?? [])], label);
    concepts.set(code, { code, label, keywords: words.filter(word => !heldOut.inKeyword(word)), group, subgroup });
    for (const skin of entry.skins ?? []) {
      variants.set(conceptCode(skin.hexcode), { of: code, label: plainLabel(skin.label) });
    }
  }
  const names = collectNames(sources);
  return {
    concepts,
    variants,
    heldOut,
    codeOfName: name => names.get(nameKey(name)),
    isLabel: (code, name) => nameKey((concepts.get(code) ?? variants.get(code))?.label ?? '') === nameKey(name),
  };
}

/** Names as captions use them: `flag of Sweden`, no quotation marks. */
function plainLabel(label: string): string {
  return label.replace(/^flag: /u, 'flag of ').replaceAll(/[\u201c\u201d]/gu, '');
}

function cleanKeywords(words: readonly string[], label: string): string[] {
  const clean = words.map(word => word.replaceAll(/[_\s]+/gu, ' ').trim());
  const wanted = (word: string) => word !== '' && word.toLowerCase() !== label.toLowerCase();
  return [...new Set(clean)].filter(wanted);
}

function collectNames({ emoji, shortNames }: CatalogueSources): Map<string, string> {
  const names = new Map<string, string>();
  const add = (name: string, code: string) => {
    const key = nameKey(name);
    if (key !== '' && !names.has(key)) names.set(key, conceptCode(code));
  };
  for (const entry of emoji) for (const { label, hexcode } of [entry, ...(entry.skins ?? [])]) add(label, hexcode);
  for (const { label, hexcode } of emoji) {
    if (label.startsWith('flag: ')) add(`flag for ${label.slice(6).replaceAll('&', 'and')}`, hexcode);
  }
  for (const list of shortNames) {
    for (const [code, same] of Object.entries(list)) for (const name of [same].flat()) add(name, code);
  }
  return names;
}

/** Spelling differs in accents, spaces and punctuation between those who name emoji. */
function nameKey(name: string): string {
  return name
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9]+/gu, '');
}
