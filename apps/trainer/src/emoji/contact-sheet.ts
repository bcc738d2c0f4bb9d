import { indexShards, readSample, type ShardEntry } from '@minigpt4/data-curation';
import sharp, { type OverlayOptions } from 'sharp';
import type { Drawing } from './catalogue/drawings.js';

/** Pictures in a row. */
const columns = 20;
/** Pixels of a picture's side, and between two. */
const tile = 64;
const gap = 4;

/**
 * A picture of the set as WebP, a row for each shard and a column for each concept, so that what is joined wrongly
 * stands out in its column. A style that draws none of these concepts shows what it has.
 *
 * @param shards one for each style
 */
export async function contactSheet(shards: readonly string[], drawings: ReadonlyMap<string, Drawing>): Promise<Buffer> {
  const rows = await Promise.all(shards.map(async shard => byConcept((await indexShards([shard])).entries, drawings)));
  const chosen = commonConcepts(rows);
  const tiles: OverlayOptions[] = [];
  for (const [y, row] of rows.entries()) {
    const common = chosen.map(code => row.get(code));
    const entries = common.some(entry => entry !== undefined) ? common : evenly([...row.values()]);
    for (const [x, entry] of entries.entries()) {
      if (!entry) continue;
      const { image } = await readSample(entry);
      const input = await sharp(image).resize(tile, tile).png().toBuffer();
      tiles.push({ input, left: gap + x * (tile + gap), top: gap + y * (tile + gap) });
    }
  }
  const side = (count: number) => gap + count * (tile + gap);
  return sharp({ create: { width: side(columns), height: side(rows.length), channels: 3, background: '#9a9a9a' } })
    .composite(tiles)
    .webp({ lossless: true })
    .toBuffer();
}

/** The first sample of each concept. */
function byConcept(entries: readonly ShardEntry[], drawings: ReadonlyMap<string, Drawing>): Map<string, ShardEntry> {
  const map = new Map<string, ShardEntry>();
  for (const entry of entries) {
    const code = drawings.get(entry.key)?.concept.code;
    if (code !== undefined && !map.has(code)) map.set(code, entry);
  }
  return map;
}

/** Concepts that most rows have, spread over all that as many have. */
function commonConcepts(rows: readonly ReadonlyMap<string, ShardEntry>[]): string[] {
  const counts = new Map<string, number>();
  for (const row of rows) for (const code of row.keys()) counts.set(code, (counts.get(code) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return evenly([...counts].filter(([, count]) => count === most).map(([code]) => code));
}

function evenly<T>(items: readonly T[]): T[] {
  if (items.length <= columns) return [...items];
  return Array.from({ length: columns }, (_, i) => items[Math.floor((i * items.length) / columns)]!);
}
