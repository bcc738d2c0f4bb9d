import type { ArtStyle } from '../catalogue/art-styles.js';
import type { Drawing } from '../catalogue/drawings.js';
import type { HeldOutNames } from '../catalogue/held-out.js';
import type { PictureSource } from '../pictures/rasterise.js';
import { readClipFacts } from './clip-art-label.js';
import { readSvgFiles } from './read-svg-files.js';
import { scalableSvg } from './scalable-svg.js';

/** Clip art of many hands, drawn and titled by volunteers. */
export const clipArtStyle: ArtStyle = {
  name: 'openclipart',
  package: 'openclipart-svg',
  vendor: 'openclipart',
  use: 'train',
  set: 'stage1',
  join: 'file names',
  takes: 'things',
  tones: false,
  license: 'CC0-1.0',
  licenseUrl: 'https://creativecommons.org/publicdomain/zero/1.0/',
  credit: 'contributors of the Open Clip Art Library',
  source: 'https://openclipart.org',
};

/** What {@link readClipArt} needs to know. */
export interface ClipArtOptions {
  /** A Debian package, or a folder. */
  readonly path: string;
  readonly heldOut: HeldOutNames;
  /** English words; a clip most of whose title is none of them is left out. */
  readonly vocabulary: ReadonlySet<string>;
  /** Number of the first clip. */
  readonly firstNumber: number;
}

/** The clips worth training on. */
export interface ClipArt {
  readonly drawings: readonly Drawing[];
  picture(name: string): PictureSource | undefined;
}

/** Reads the clips whose titles and keywords can be used, and leaves out whatever names a held-out thing. */
export async function readClipArt({ path, heldOut, vocabulary, firstNumber }: ClipArtOptions): Promise<ClipArt> {
  const drawings: Drawing[] = [];
  const files = new Map<string, string>();
  await readSvgFiles(path, (name, bytes) => {
    const svg = bytes.toString();
    const facts = readClipFacts(name, svg);
    if (!facts || !isEnglish(facts.label, vocabulary)) return;
    const { label, keywords } = facts;
    const folders = name.split('/').slice(0, -1);
    if ([label, ...keywords, ...folders].some(words => heldOut.inKeyword(words))) return;
    files.set(name, svg);
    drawings.push({
      key: `${clipArtStyle.name}-${String(firstNumber + drawings.length).padStart(5, '0')}`,
      style: clipArtStyle,
      concept: { code: `oc:${name}`, label, keywords, group: 'clip art', subgroup: folders[0] ?? '' },
      label,
      hasTone: false,
      picture: name,
    });
  });
  const picture = (name: string) => {
    const svg = files.get(name);
    return svg === undefined || scalableSvg(svg, 1) === undefined
      ? undefined
      : (pixels: number) => scalableSvg(svg, pixels)!;
  };
  return { drawings, picture };
}

function isEnglish(label: string, vocabulary: ReadonlySet<string>): boolean {
  const words = label.match(/[a-z]{3,}/gu) ?? [];
  const known = words.filter(word => vocabulary.has(word) || vocabulary.has(word.replace(/(es|s|ing|ed)$/u, '')));
  return known.length * 2 >= words.length;
}
