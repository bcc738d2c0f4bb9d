import type { DatasetLimits } from '../dataset-limits.js';
import type { MemberGroup, MemberName } from './assemble-sample.js';

/** A group with what the reader keeps for each of its members: bytes already read, or where they lie. */
export interface CollectedGroup<Value> extends MemberGroup {
  readonly values: ReadonlyMap<string, Value>;
}

/** Puts members that follow each other and share a key into groups, in the manner of WebDataset. */
export interface GroupCollector<Value> {
  /** Opens a new group where the key changes; returns the group that this completes. */
  begin(member: MemberName): CollectedGroup<Value> | undefined;
  /** Adds a member to the group that {@link begin} left open. */
  add(extension: string, size: number, value: Value | undefined): void;
  /** Extensions of the open group so far. */
  extensions(): Iterable<string>;
  /** The group left open at the end of a shard. */
  end(): CollectedGroup<Value> | undefined;
}

interface OpenGroup<Value> {
  readonly key: string;
  readonly sizes: Map<string, number>;
  readonly values: Map<string, Value>;
  fault?: string;
}

/** An empty collector for one shard. */
export function collectGroups<Value>(shard: string, limits: DatasetLimits): GroupCollector<Value> {
  let open: OpenGroup<Value> | undefined;

  function end(): CollectedGroup<Value> | undefined {
    const complete = open && { shard, ...open };
    open = undefined;
    return complete;
  }

  return {
    end,
    begin({ key }) {
      if (open?.key === key) return undefined;
      const complete = end();
      open = { key, sizes: new Map(), values: new Map() };
      return complete;
    },
    add(extension, size, value) {
      const group = open!;
      if (group.sizes.has(extension)) group.fault ??= `has .${extension} twice. Give each sample a key of its own.`;
      else if (group.sizes.size >= limits.membersPerSample) {
        group.fault ??= `has more than ${limits.membersPerSample} files. Split the sample or raise the limit.`;
      } else {
        group.sizes.set(extension, size);
        if (value !== undefined) group.values.set(extension, value);
      }
    },
    extensions: () => open?.sizes.keys() ?? [],
  };
}
