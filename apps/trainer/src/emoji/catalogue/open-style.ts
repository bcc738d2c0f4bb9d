import { MiniGPT4Error } from '@minigpt4/core';
import type { ArtStyle } from './art-styles.js';
import type { Catalogue } from './catalogue.js';
import { iconNames, type IconSet, iconSvg } from './icon-set.js';
import {
  type CodeMap,
  joinByCharacters,
  joinByCountry,
  joinByFileNames,
  joinByFxemojiTable,
  joinByNames,
} from './join-codes.js';
import { readTarball } from '../packages/read-tarball.js';
import type { PictureSource } from '../pictures/rasterise.js';

/** A style whose package was read. */
export interface OpenStyle {
  readonly codes: CodeMap;
  /** What a picture of `codes` is made from. */
  picture(name: string): PictureSource | undefined;
}

/** Reads a style's package and finds what each of its pictures shows. */
export async function openStyle(style: ArtStyle, tarball: string, catalogue: Catalogue): Promise<OpenStyle> {
  if (style.join === 'file names') {
    const files = await readTarball(tarball, path => /\.(webp|png)$/u.test(path));
    return { codes: joinByFileNames([...files.keys()]), picture: path => files.get(path) };
  }
  const files = await readTarball(tarball, path => path === 'icons.json' || path === 'chars.json');
  const set = readJson<IconSet>(files, 'icons.json', tarball);
  const codes = joinIcons(style, set, { files, tarball, catalogue });
  return {
    codes,
    picture: name => (iconSvg(set, name, 1) === undefined ? undefined : pixels => iconSvg(set, name, pixels)!),
  };
}

interface JoinSources {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly tarball: string;
  readonly catalogue: Catalogue;
}

function joinIcons({ name, join }: ArtStyle, set: IconSet, { files, tarball, catalogue }: JoinSources): CodeMap {
  const names = iconNames(set);
  if (join === 'characters') return joinByCharacters(readJson(files, 'chars.json', tarball));
  if (join === 'fxemoji table') return joinByFxemojiTable(names);
  if (join === 'country letters') return joinByCountry(name, names);
  return joinByNames(name, names, catalogue);
}

/**
 * A JSON file of a package.
 *
 * @throws `PACKAGE_UNREADABLE` where it is missing or no JSON.
 */
export function readJson<T>(files: ReadonlyMap<string, Buffer>, path: string, tarball: string): T {
  const bytes = files.get(path);
  try {
    if (bytes) return JSON.parse(bytes.toString()) as T;
  } catch (cause) {
    throw new MiniGPT4Error(
      'PACKAGE_UNREADABLE',
      `${tarball}: ${path} is not JSON, expected what the pinned version has, got ${bytes?.length} bytes of something else. Delete it and run again.`,
      { cause },
    );
  }
  throw new MiniGPT4Error(
    'PACKAGE_UNREADABLE',
    `${tarball}: ${path} is missing, expected what the pinned version has, got ${files.size} other files. Delete it and run again.`,
  );
}
