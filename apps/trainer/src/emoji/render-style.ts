import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageTextSample, writeWebDataset } from '@minigpt4/data-curation';
import { random } from '@minigpt4/core';
import { derivedSeed } from '../config/derived-seed.js';
import type { Drawing } from './catalogue/drawings.js';
import { stopIfInterrupted } from './interruption.js';
import { mapInOrder } from './pictures/map-in-order.js';
import { nameColours } from './pictures/name-colours.js';
import { encodePicture, type PictureSource, rasterise } from './pictures/rasterise.js';
import { noisyCaption } from './text/noisy-caption.js';

/** What became of a style's drawings. */
export interface RenderedStyle {
  /** The shard that holds its samples; absent where there are none. */
  readonly shard?: string;
  readonly samples: number;
  /** Drawings with nothing on them, left out. */
  readonly blank: number;
  /** Drawings that could not be read, left out. */
  readonly unreadable: number;
}

/** What {@link renderStyle} works on. */
export interface RenderOptions {
  readonly name: string;
  readonly drawings: readonly Drawing[];
  picture(name: string): PictureSource | undefined;
  /** Folder for the shard. */
  readonly folder: string;
  /** Pixels of a side. */
  readonly size: number;
  /** Drawings that are worked on at a time. */
  readonly parallel: number;
  readonly signal?: AbortSignal;
  /** Hears after each drawing how many are done. */
  onDrawing?(done: number): void;
}

/**
 * Rasterises a style's drawings, names their colours and captions them, into a shard of its own. A shard that an earlier
 * build finished is taken as it is.
 */
export async function renderStyle(options: RenderOptions): Promise<RenderedStyle> {
  const { name, folder } = options;
  const shard = join(folder, `${name}-000000.tar`);
  const countsFile = join(folder, `${name}.json`);
  if (existsSync(countsFile)) return JSON.parse(await readFile(countsFile, 'utf8')) as RenderedStyle;

  const counts = { samples: 0, blank: 0, unreadable: 0 };
  await writeWebDataset(renderedSamples(options, counts), {
    folder,
    name,
    samplesPerShard: Number.MAX_SAFE_INTEGER,
    bytesPerShard: Number.MAX_SAFE_INTEGER,
    overwrite: true,
  });
  const rendered = { ...(counts.samples > 0 ? { shard } : {}), ...counts };
  await writeFile(countsFile, JSON.stringify(rendered), { flush: true });
  return rendered;
}

async function* renderedSamples(
  options: RenderOptions,
  counts: { samples: number; blank: number; unreadable: number },
): AsyncGenerator<ImageTextSample> {
  const { drawings, parallel, signal, onDrawing } = options;
  let done = 0;
  for await (const result of mapInOrder(drawings, parallel, drawing => renderDrawing(drawing, options))) {
    stopIfInterrupted(signal);
    onDrawing?.(++done);
    if (typeof result === 'string') {
      counts[result]++;
    } else {
      counts.samples++;
      yield result;
    }
  }
}

async function renderDrawing(
  drawing: Drawing,
  { picture, size }: RenderOptions,
): Promise<ImageTextSample | 'blank' | 'unreadable'> {
  const source = picture(drawing.picture);
  if (source === undefined) return 'unreadable';
  let square: Awaited<ReturnType<typeof rasterise>>;
  try {
    square = await rasterise(source, { size, keepsWhite: drawing.concept.group === 'flags' });
  } catch {
    return 'unreadable';
  }
  if (!square) return 'blank';
  const { key, label, concept, style } = drawing;
  const colours = nameColours(square);
  const { keywords, group, subgroup } = concept;
  return {
    key,
    image: await encodePicture(square),
    caption: noisyCaption({ label, keywords, colours }, random(derivedSeed(0, 'caption', key))),
    metadata: {
      key,
      label,
      keywords,
      colours,
      group,
      subgroup,
      style: style.name,
      license: style.license,
      concept: concept.code,
    },
    source: `${style.package}:${drawing.picture}`,
  };
}
