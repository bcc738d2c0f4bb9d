import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { ArtStyle } from './catalogue/art-styles.js';
import type { Drawing } from './catalogue/drawings.js';
import { readSvgFiles } from './clip-art/read-svg-files.js';
import { defaultPackageFolder } from './default-folders.js';
import { buildIdentity, type EmojiManifest, makeManifest, manifestName } from './emoji-manifest.js';
import { stopIfInterrupted } from './interruption.js';
import { writeNotice } from './notice.js';
import { fetchPackage } from './packages/fetch-package.js';
import type { Pack } from './packages/npm-pack.js';
import { packageSpec, type PinnedPackage, pinnedPackages, tarballName } from './packages/pinned-packages.js';
import { readTexts } from './read-texts.js';
import { type RenderedStyle, renderStyle } from './render-style.js';
import { styleSources, type StyleSourceOptions } from './style-sources.js';
import { findFinishedSet, openWorkplace, placeSet, type Workplace } from './target-folder.js';
import { writeSets } from './write-sets.js';

/** What is being done, and how far it is. */
export interface EmojiProgress {
  readonly task: string;
  readonly done: number;
  readonly total: number;
}

/** What {@link buildEmojiSet} may be told. */
export interface EmojiSetOptions {
  /** Folder of the set; it appears when it is complete. */
  readonly output: string;
  /** Pixels of a picture's side. Defaults to 96. */
  readonly size?: number;
  /** Debian package openclipart-svg, or a folder it was unpacked into. Defaults to no clip art. */
  readonly clipArt?: string;
  /** Whether a set that is there already may be replaced. Defaults to false. */
  readonly overwrite?: boolean;
  /** Where tarballs are kept. Defaults to the user's cache. */
  readonly packageFolder?: string;
  /** Defaults to the pinned ones. */
  readonly packages?: readonly PinnedPackage[];
  /** Defaults to asking npm. */
  readonly pack?: Pack;
  /** Stops the build; a later one takes it up again. */
  readonly signal?: AbortSignal;
  onProgress?(progress: EmojiProgress): void;
}

/** What {@link buildEmojiSet} made. */
export interface BuiltEmojiSet {
  readonly folder: string;
  /** False where the same set was there already, whole. */
  readonly built: boolean;
  /** Bytes that npm brought. */
  readonly downloadedBytes: number;
  readonly manifest: EmojiManifest;
}

/**
 * Builds the image-text set of emoji: six art styles, two of silhouettes, and flags for training, three more styles for
 * validation and tests, captions for stage 1 and descriptions for stage 2. Sources are npm packages, pinned by digest;
 * equal sources give equal bytes. The folder appears when it is complete; what an interrupted build drew is kept.
 *
 * @throws `PACKAGE_UNAVAILABLE`, `PACKAGE_ALTERED`, `PACKAGE_UNREADABLE`, `OUTPUT_EXISTS`, `CLIP_ART_UNREADABLE`.
 */
export async function buildEmojiSet(options: EmojiSetOptions): Promise<BuiltEmojiSet> {
  const { size = 96, overwrite = false, packages = pinnedPackages, clipArt } = options;
  const folder = resolve(options.output);
  const clipArtDigest = clipArt === undefined ? undefined : await digestClipArt(clipArt);
  const inputs = { packages, size, ...(clipArtDigest === undefined ? {} : { clipArt: clipArtDigest }) };
  const target = { folder, overwrite, identity: buildIdentity(inputs) };
  const finished = await findFinishedSet(target);
  if (finished) return { folder, built: false, downloadedBytes: 0, manifest: finished };

  const { tarball, downloadedBytes } = await fetchAll(packages, options);
  await mkdir(dirname(folder), { recursive: true });
  const workplace = await openWorkplace(target);
  const texts = await readTexts(tarball);
  const sources = { texts, tarball, ...(clipArt === undefined ? {} : { clipArt }) };
  const { drawings, styles } = await renderAll(sources, workplace, { ...options, size });
  const written = await writeSets({ ...options, texts, drawings, styles, folder: workplace.set });
  const notice = writeNotice({ styles: styles.map(([style]) => style), packages, licenses: texts.licenses, size });
  await writeFile(join(workplace.set, 'NOTICE'), notice);
  const manifest = await makeManifest({ ...inputs, ...written, styles, folder: workplace.set });
  await writeFile(join(workplace.set, manifestName), `${JSON.stringify(manifest, null, 2)}\n`, { flush: true });
  await placeSet(workplace, folder);
  return { folder, built: true, downloadedBytes, manifest };
}

async function fetchAll(packages: readonly PinnedPackage[], options: EmojiSetOptions) {
  const { packageFolder = defaultPackageFolder(), pack, signal, onProgress } = options;
  let downloadedBytes = 0;
  for (const [i, wanted] of packages.entries()) {
    stopIfInterrupted(signal);
    onProgress?.({ task: `fetching ${packageSpec(wanted)}`, done: i, total: packages.length });
    const { bytes, downloaded } = await fetchPackage(wanted, {
      folder: packageFolder,
      ...(pack ? { pack } : {}),
      ...(signal ? { signal } : {}),
    });
    if (downloaded) downloadedBytes += bytes;
  }
  const tarball = (name: string) => join(packageFolder, tarballName(packages.find(pinned => pinned.name === name)!));
  return { tarball, downloadedBytes };
}

/** Draws every style into a shard of its own. */
async function renderAll(
  sources: StyleSourceOptions,
  { rendered: folder }: Workplace,
  { size, signal, onProgress }: EmojiSetOptions & { readonly size: number },
) {
  const drawings = new Map<string, Drawing>();
  const styles: (readonly [ArtStyle, RenderedStyle])[] = [];
  for await (const { style, drawings: chosen, picture } of styleSources(sources)) {
    for (const drawing of chosen) drawings.set(drawing.key, drawing);
    const rendered = await renderStyle({
      name: style.name,
      drawings: chosen,
      picture,
      folder,
      size,
      parallel: Math.min(4, availableParallelism()),
      ...(signal ? { signal } : {}),
      onDrawing: done => onProgress?.({ task: `drawing ${style.name}`, done, total: chosen.length }),
    });
    styles.push([style, rendered]);
  }
  return { drawings, styles };
}

async function digestClipArt(path: string): Promise<string> {
  const digest = createHash('sha256');
  await readSvgFiles(path, (name, svg) => digest.update(`${name} ${svg.length}\n`).update(svg));
  return digest.digest('hex');
}
