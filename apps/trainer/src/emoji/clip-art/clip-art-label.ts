/** What a clip says of itself. */
export interface ClipFacts {
  /** Lower-case title, or the file's name where the title is that of a collection. */
  readonly label: string;
  /** Lower-case, without those that only repeat the folders. */
  readonly keywords: readonly string[];
}

/** Folders of shapes, gradients, flags and logos: nothing to name. */
const junkFolders = /^(shapes|special|logos|unsorted\/duplicates|signs_and_symbols\/(flags|led|map_symbols))\//u;
/** Sets of many near-equal desktop icons, playing cards and puzzle pieces. */
const junkTitles =
  /flat icon collection|lemon svg|gramastar|gradient|gold-theme|plastik|sibmission|jigsaw|simple arrows|^card$|^stick man$|homes clipart|rpg map/u;
/** Titles of collections, given to each of their files. */
const collectionTitles = /^$|^advertising$|clip ?arts?\b|icons?$|iconset|symbol_signs|road signs|map symbols|theme$/u;
/** Folder names, addresses of people and leavings of a broken tool among the keywords. */
const emptyKeywords = /^(hash.*|.*@.*|unsorted|computer|icons?|signs?|signs_and_symbols|clip ?art|svg)?$/u;

/**
 * Title and keywords from the metadata of a clip of openclipart; undefined for what is not in the public domain or has
 * nothing to name. They are as noisy as captions found with pictures are: wrong, in other languages, with names of authors.
 */
export function readClipFacts(path: string, svg: string): ClipFacts | undefined {
  if (!/<cc:license[^>]*rdf:resource="[^"]*publicdomain/iu.test(svg)) return undefined;
  const title = contentOf(svg, /<dc:title[^>]*>(?<text>[^<]*)</u)[0] ?? '';
  if (junkFolders.test(path) || junkTitles.test(title)) return undefined;
  const fileName = path.slice(path.lastIndexOf('/') + 1).replace(/\.svg$/u, '');
  const label = plainTitle(collectionTitles.test(title) ? fileName : title);
  if (!/[a-z]{3}/u.test(label)) return undefined;
  const keywords = contentOf(svg, /<rdf:li[^>]*>(?<text>[^<]*)</gu).filter(word => !emptyKeywords.test(word));
  return { label, keywords: [...new Set(keywords.map(word => word.replaceAll('_', ' ')))] };
}

function contentOf(svg: string, pattern: RegExp): string[] {
  const matches = pattern.global ? [...svg.matchAll(pattern)] : [pattern.exec(svg)];
  return matches.flatMap(match => (match?.groups?.text === undefined ? [] : [unescaped(match.groups.text)]));
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .toLowerCase();
}

/** Without brackets, underscores and a number at the end. */
function plainTitle(title: string): string {
  return title
    .replaceAll(/\([^)]*\)?/gu, ' ')
    .replaceAll(/[_\s]+/gu, ' ')
    .replace(/[\s\d]+r?$/u, '')
    .trim();
}
