import type { ImageTextDataset } from '@minigpt4/data-curation';

/** What a whole set says in words: what candidates and things that are not there are drawn from. */
export interface SetSurvey {
  /** Caption of every sample, in the order of the set. */
  readonly captions: readonly string[];
  /** The different labels, and the group that each was first seen in. */
  readonly groupOf: ReadonlyMap<string, string>;
  /** The different groups. */
  readonly groups: readonly string[];
}

/** Reads a set once without looking at its pictures. Only its words stay in memory. */
export async function surveySet(
  set: ImageTextDataset,
  {
    labelKey,
    groupKey,
    signal,
  }: { readonly labelKey: string; readonly groupKey: string; readonly signal?: AbortSignal },
): Promise<SetSurvey> {
  const captions: string[] = [];
  const groupOf = new Map<string, string>();
  for await (const { caption, metadata } of set.samples(signal && { signal })) {
    captions.push(caption);
    const [label, group] = [textOf(metadata, labelKey), textOf(metadata, groupKey)];
    if (label !== '' && !groupOf.has(label)) groupOf.set(label, group);
  }
  return { captions, groupOf, groups: [...new Set(groupOf.values())].filter(group => group !== '') };
}

/** A text among a sample's metadata, empty where there is none. */
export function textOf(metadata: Readonly<Record<string, unknown>>, key: string): string {
  const value = metadata[key];
  return typeof value === 'string' ? value : '';
}
