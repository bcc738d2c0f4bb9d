import { isMiniGPT4Error } from '@minigpt4/core';
import type { SkipReport } from '@minigpt4/data-curation';
import { decodeImage, type RgbImage } from '@minigpt4/vision-encoder';

/** Samples that were left out, by reason. */
export interface SkipCounts {
  readonly total: number;
  readonly byReason: Readonly<Record<string, number>>;
  /** Some of them, whole messages. */
  readonly examples: readonly string[];
}

const examplesKept = 5;

/** Decodes pictures and counts those that cannot be, each once, beside what the reader of the set has left out. */
export class PictureSkips {
  readonly #seen = new Set<string>();
  readonly #byReason = new Map<string, number>();
  readonly #examples: string[] = [];

  /** The pixels, or undefined (and one more in the count) where the file is damaged or of no known kind. */
  async decode(image: Uint8Array, source: string): Promise<RgbImage | undefined> {
    try {
      return await decodeImage(image);
    } catch (error) {
      if (!isMiniGPT4Error(error)) throw error;
      if (this.#seen.has(source)) return undefined;
      this.#seen.add(source);
      this.#byReason.set(error.code, (this.#byReason.get(error.code) ?? 0) + 1);
      if (this.#examples.length < examplesKept) this.#examples.push(`${source}: ${error.message}`);
      return undefined;
    }
  }

  /** Everything left out so far, by the reader of the set as well. */
  counts({ total, byReason, examples }: SkipReport): SkipCounts {
    const own = [...this.#byReason.values()].reduce((sum, count) => sum + count, 0);
    return {
      total: total + own,
      byReason: { ...byReason, ...Object.fromEntries(this.#byReason) },
      examples: [...examples.map(({ message }) => message).slice(0, examplesKept), ...this.#examples],
    };
  }
}

/** What was left out of several sets together. */
export function joinedSkips(sets: readonly SkipCounts[]): SkipCounts {
  const byReason: Record<string, number> = {};
  for (const set of sets) {
    for (const [reason, count] of Object.entries(set.byReason)) byReason[reason] = (byReason[reason] ?? 0) + count;
  }
  const total = sets.reduce((sum, set) => sum + set.total, 0);
  return { total, byReason, examples: sets.flatMap(({ examples }) => examples) };
}

/** One sentence about what was left out; undefined for nothing. */
export function describeSkips({ total, byReason, examples }: SkipCounts): string | undefined {
  if (total === 0) return undefined;
  const reasons = Object.entries(byReason).map(([reason, count]) => `${count} ${reason}`);
  return `${total} ${total === 1 ? 'sample' : 'samples'} left out (${reasons.join(', ')}), such as ${examples[0]}`;
}
