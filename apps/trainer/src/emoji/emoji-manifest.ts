import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { pathDigest } from '../model/file-digest.js';
import type { ArtStyle } from './catalogue/art-styles.js';
import type { PinnedPackage } from './packages/pinned-packages.js';
import type { RenderedStyle } from './render-style.js';
import fxemojiCodePoints from './tables/fxemoji-code-points.json' with { type: 'json' };
import slugCodePoints from './tables/slug-code-points.json' with { type: 'json' };
import splits from './tables/splits.json' with { type: 'json' };
import wordSenses from './tables/word-senses.json' with { type: 'json' };
import type { DescriptionCounts, WrittenFiles } from './write-sets.js';

/** Name of the file that says what a set is. */
export const manifestName = 'manifest.json';

/** Grows with every change of the rules by which a set is built, those in tables apart. */
const recipe = 1;

/** Everything the bytes of a set depend on. */
export interface BuildInputs {
  readonly packages: readonly PinnedPackage[];
  /** Pixels of a side. */
  readonly size: number;
  /** Digest of the clip art; absent where there is none. */
  readonly clipArt?: string;
}

/** A style's part in a set. */
export interface StyleCount {
  readonly name: string;
  readonly vendor: string;
  readonly set: string;
  readonly license: string;
  readonly samples: number;
  readonly blank: number;
  readonly unreadable: number;
}

/** A file of a set, or the names and contents of a folder's files as one. */
export interface SetFile {
  readonly path: string;
  readonly sha256: string;
}

/** What a set is: its sources, counts and digests. Equal inputs give equal bytes. */
export interface EmojiManifest {
  readonly kind: 'minigpt4-emoji-set';
  readonly identity: string;
  readonly recipe: number;
  readonly size: number;
  readonly packages: readonly PinnedPackage[];
  /** Digest of the clip art, or why there is none. */
  readonly clipArt: string;
  /** Versions of what drew the pictures. */
  readonly tools: Readonly<Record<string, string>>;
  /** Samples by file. */
  readonly samples: Readonly<Record<string, number>>;
  readonly stage2: DescriptionCounts;
  readonly styles: readonly StyleCount[];
  /** Samples by licence, stage 2's left out: they are samples of stage 1. */
  readonly licenses: Readonly<Record<string, number>>;
  readonly files: readonly SetFile[];
}

/** A digest of everything the bytes of a set depend on. */
export function buildIdentity({ packages, size, clipArt }: BuildInputs): string {
  const integrities = packages.map(({ integrity }) => integrity);
  const tables = [fxemojiCodePoints, slugCodePoints, splits, wordSenses];
  const facts = [recipe, tables, size, clipArt ?? null, integrities, tools()];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex');
}

function tools(): Record<string, string> {
  const { sharp: version = '', vips = '', rsvg = '', webp = '' } = sharp.versions as Readonly<Record<string, string>>;
  return Object.fromEntries(Object.entries({ sharp: version, vips, rsvg, webp }).filter(([, text]) => text !== ''));
}

/** What {@link makeManifest} puts together. */
export interface ManifestFacts extends BuildInputs {
  readonly folder: string;
  /** Of each file but those of stage 2. */
  readonly samples: WrittenFiles;
  readonly stage2: DescriptionCounts;
  readonly styles: readonly (readonly [ArtStyle, RenderedStyle])[];
}

/** Describes a finished set, whose files are all in `folder`. */
export async function makeManifest(facts: ManifestFacts): Promise<EmojiManifest> {
  const { packages, size, clipArt, samples: written, stage2 } = facts;
  const styles = facts.styles.map(([{ name, vendor, set, license }, { samples, blank, unreadable }]) => {
    return { name, vendor, set, license, samples, blank, unreadable };
  });
  const licenses: Record<string, number> = {};
  for (const { license, samples } of styles) licenses[license] = (licenses[license] ?? 0) + samples;
  return {
    kind: 'minigpt4-emoji-set',
    identity: buildIdentity(facts),
    recipe,
    size,
    packages,
    clipArt: clipArt ?? 'left out: openclipart comes in a Debian package, not from npm',
    tools: tools(),
    samples: written,
    stage2,
    styles,
    licenses,
    files: await digestFiles(facts.folder),
  };
}

/** Digests of all files of a set but its manifest, the pictures of stage 2 as one. */
export async function digestFiles(folder: string): Promise<SetFile[]> {
  const names = (await readdir(folder)).filter(name => name !== 'stage2' && name !== manifestName).toSorted();
  return Promise.all(
    [...names, 'stage2/filter_cap.json', 'stage2/image'].map(async path => ({
      path,
      sha256: await pathDigest(join(folder, path)),
    })),
  );
}
