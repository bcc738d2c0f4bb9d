import { tablePairs } from '../tables/read-table.js';
import fxemojiTable from '../tables/fxemoji-code-points.json' with { type: 'json' };
import slugTable from '../tables/slug-code-points.json' with { type: 'json' };
import type { Catalogue } from './catalogue.js';
import { codeInTone, conceptCode, flagCode } from './code-points.js';

/** Where each key is drawn: key to icon name or file name. */
export type CodeMap = ReadonlyMap<string, string>;

/** The first name of a key stays. */
function codeMap(pairs: Iterable<readonly [code: string | undefined, name: string]>): CodeMap {
  const map = new Map<string, string>();
  for (const [code, name] of pairs) if (code !== undefined && code !== '' && !map.has(code)) map.set(code, name);
  return map;
}

/** Names that say nothing, or something wrong: with the key they have, or none. */
function exceptionsOf(style: string): ReadonlyMap<string, string> {
  const tables: Readonly<Record<string, Readonly<Record<string, string>>>> = slugTable;
  return new Map([...Object.entries(slugTable.all), ...Object.entries(tables[style] ?? {})]);
}

/** By a set's own list of characters, `chars.json`. */
export function joinByCharacters(characters: Readonly<Record<string, string>>): CodeMap {
  return codeMap(Object.entries(characters).map(([points, name]) => [conceptCode(points), name]));
}

/** By file names that are code points, `1f436.webp`. */
export function joinByFileNames(paths: readonly string[]): CodeMap {
  return codeMap(paths.map(path => [conceptCode(path.slice(path.lastIndexOf('/') + 1, path.lastIndexOf('.'))), path]));
}

/** By the two letters of a country. */
export function joinByCountry(style: string, names: readonly string[]): CodeMap {
  const exceptions = exceptionsOf(style);
  const codeOf = (name: string) => exceptions.get(name) ?? (/^[a-z]{2}$/u.test(name) ? flagCode(name) : undefined);
  return codeMap(names.map(name => [codeOf(name), name]));
}

/**
 * Mozilla's icons are named too freely to go by their names: by a table made from the names of the original files. Its
 * blue heart is not in it: the drawing is broken.
 */
export function joinByFxemojiTable(names: readonly string[]): CodeMap {
  const table = tablePairs(fxemojiTable);
  return codeMap(names.map(name => [table.get(name), name]));
}

/**
 * By icon names in the way of `red-heart`, against every name Unicode and others have for an emoji. Names that differ,
 * mislead, or name a picture of something else are in a table; of drawings numbered `-1`, `-2`, the first is taken.
 */
export function joinByNames(style: string, names: readonly string[], catalogue: Catalogue): CodeMap {
  const exceptions = exceptionsOf(style);
  const codeOf = (name: string): string | undefined => exceptions.get(name) ?? catalogue.codeOfName(name);
  const inTone = (name: string): string | undefined => {
    const { thing, tone } =
      /^(?<thing>.+?)-(?<tone>light|medium-light|medium|medium-dark|dark)-skin-tone$/u.exec(name)?.groups ?? {};
    const code = thing === undefined ? undefined : codeOf(thing);
    return code === undefined || tone === undefined ? undefined : codeInTone(code, tone);
  };
  const found = names.map(name => {
    const whole = name.replace(/-1$/u, '');
    return [codeOf(name) ?? inTone(name) ?? codeOf(whole), name] as const;
  });
  // a picture called by its label comes before one that goes by another name
  const isLabel = ([code, name]: (typeof found)[number]) =>
    code !== undefined && catalogue.isLabel(code, name.replace(/-1$/u, ''));
  return codeMap([...found.filter(isLabel), ...found]);
}
