import { type ArtStyle, artStyles } from './catalogue/art-styles.js';
import { type Drawing, drawingsOf } from './catalogue/drawings.js';
import type { CodeMap } from './catalogue/join-codes.js';
import { clipArtStyle, readClipArt } from './clip-art/clip-art-drawings.js';
import { openStyle } from './catalogue/open-style.js';
import type { PictureSource } from './pictures/rasterise.js';
import type { Texts } from './read-texts.js';

/** A style and those of its drawings that are wanted. */
export interface StyleSource {
  readonly style: ArtStyle;
  readonly drawings: readonly Drawing[];
  /** What a drawing's `picture` is made from. */
  picture(name: string): PictureSource | undefined;
}

/** Where styles are read from. */
export interface StyleSourceOptions {
  readonly texts: Texts;
  /** Where a package's tarball lies. */
  tarball(name: string): string;
  /** Debian package or folder of clip art; absent for none. */
  readonly clipArt?: string;
}

/** Opens every style, one after the other because some take much memory, and chooses its drawings. */
export async function* styleSources({ texts, tarball, clipArt }: StyleSourceOptions): AsyncGenerator<StyleSource> {
  const { catalogue } = texts;
  const joined = new Map<string, CodeMap>();
  let firstNumber = 0;
  for (const style of artStyles) {
    const { codes: all, picture } = await openStyle(style, tarball(style.package), catalogue);
    joined.set(style.name, all);
    const limit = style.within === undefined ? all : joined.get(style.within);
    const codes = new Map([...all].filter(([code]) => limit?.has(code)));
    const { drawings, numbered } = drawingsOf({ style, codes, catalogue, firstNumber });
    firstNumber += numbered;
    yield { style, drawings, picture };
  }
  if (clipArt === undefined) return;
  const vocabulary = texts.vocabulary();
  const clips = await readClipArt({ path: clipArt, heldOut: catalogue.heldOut, vocabulary, firstNumber });
  yield { style: clipArtStyle, ...clips };
}
