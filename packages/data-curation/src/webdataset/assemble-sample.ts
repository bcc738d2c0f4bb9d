import type { DatasetLimits } from '../dataset-limits.js';
import { imageExtensions } from '../files/image-type.js';
import { safeName } from '../files/inside-folder.js';
import { checkedImage } from '../files/read-image.js';
import { parseObject } from '../files/record-file.js';
import type { ImageTextSample } from '../image-text-sample.js';
import { brokenSample, type SkipLog, type SkipReason } from '../skip-report.js';

/** A file of a shard, taken apart: `dir/0001.jpg` is member `jpg` of sample `dir/0001`. */
export interface MemberName {
  readonly key: string;
  /** Everything behind the first dot of the base name, lower-case. */
  readonly extension: string;
}

/** The files of one sample, of which nothing is known yet but names and sizes. */
export interface MemberGroup {
  readonly key: string;
  readonly shard: string;
  /** Bytes of each member by extension, in the order of the shard. */
  readonly sizes: ReadonlyMap<string, number>;
  /** What makes the group unusable, found while it was collected. */
  readonly fault?: string;
}

/**
 * Key and extension of a file in a shard; undefined for a name that belongs to no sample: without a dot, with one in front,
 * or (counted as `UNSAFE_NAME`) one that points out of its folder.
 */
export function memberName(name: string, shard: string, skips: SkipLog): MemberName | undefined {
  const safe = safeName(name);
  if (safe === undefined) {
    const shown = JSON.stringify(name.slice(0, 200));
    skips.add(brokenSample('UNSAFE_NAME', `${shard}: member ${shown} points out of its folder. Rename it.`));
    return undefined;
  }
  // before folders had a type of their own in a tar, a slash at the end marked them
  if (name.endsWith('/')) return undefined;
  const base = safe.lastIndexOf('/') + 1;
  const dot = safe.indexOf('.', base);
  return dot <= base ? undefined : { key: safe.slice(0, dot), extension: safe.slice(dot + 1).toLowerCase() };
}

/** Which member holds the picture: the first, in the order of the shard, whose extension says so. */
export function imageMember(extensions: Iterable<string>): string | undefined {
  for (const extension of extensions) if (imageExtensions.includes(extension)) return extension;
  return undefined;
}

/**
 * The extensions that have to be read to make a sample of a group.
 *
 * @throws `BAD_GROUP`, `NO_IMAGE`, `NO_CAPTION`, `TOO_LARGE`: all that names and sizes tell.
 */
export function neededMembers(group: MemberGroup, limits: DatasetLimits): string[] {
  const broken = (reason: SkipReason, what: string) => brokenSample(reason, `${group.shard}:${group.key}: ${what}`);
  if (group.fault !== undefined) throw broken('BAD_GROUP', group.fault);
  const image = imageMember(group.sizes.keys());
  if (image === undefined) {
    const got = [...group.sizes.keys()].slice(0, 8).join(', ');
    throw broken('NO_IMAGE', `expected a picture such as .jpg, got only .${got}. Add the picture.`);
  }
  const texts = ['json', 'txt'].filter(extension => group.sizes.has(extension));
  if (texts.length === 0) throw broken('NO_CAPTION', `expected a .json or .txt beside .${image}. Add the caption.`);
  const limitOf: Record<string, number> = { json: limits.jsonBytes, txt: limits.textBytes };
  const needed = [image, ...texts];
  for (const extension of needed) {
    const limit = limitOf[extension] ?? limits.imageBytes;
    const size = group.sizes.get(extension)!;
    if (size > limit) {
      throw broken(
        'TOO_LARGE',
        `.${extension} too large, expected at most ${limit} bytes, got ${size}. Shrink it or raise the limit.`,
      );
    }
  }
  return needed;
}

/**
 * Makes a sample of the bytes of its members. The caption is the JSON's `caption`, as it stands, where that is a text
 * with something in it, else the `.txt` without the white space around it.
 *
 * @throws `NOT_AN_IMAGE`, `BAD_JSON`, `BAD_RECORD`, `NO_CAPTION`.
 */
export function assembleSample(
  group: Pick<MemberGroup, 'shard' | 'key'>,
  bytes: ReadonlyMap<string, Uint8Array>,
): ImageTextSample {
  const name = (extension: string) => `${group.shard}:${group.key}.${extension}`;
  const extension = imageMember(bytes.keys())!;
  const source = name(extension);
  const image = checkedImage(bytes.get(extension)!, source);
  const json = bytes.get('json');
  const metadata = json ? parseObject(json, name('json')) : {};
  const text = bytes.get('txt');
  const captions = [metadata.caption, text && new TextDecoder().decode(text).trim()];
  const caption = captions.find(found => typeof found === 'string' && found.trim() !== '') as string | undefined;
  if (caption === undefined) {
    const got = `${JSON.stringify(metadata.caption)} in .json and ${text ? 'an empty' : 'no'} .txt`;
    throw brokenSample('NO_CAPTION', `${group.shard}:${group.key}: expected a text, got ${got}. Add the caption.`);
  }
  return { key: group.key, image, caption, metadata, source };
}
