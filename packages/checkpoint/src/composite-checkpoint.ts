import type { Checkpoint } from './checkpoint.js';
import { noSuchTensor } from './messages.js';

/** A tensor under the name that it has in another checkpoint. */
export interface TensorSource {
  readonly checkpoint: Checkpoint;
  readonly name: string;
}

/** What a checkpoint made of others consists of. */
export interface CompositeParts extends Pick<Checkpoint, 'path' | 'format' | 'metadata'> {
  /** Names as seen from outside and where each tensor comes from. */
  readonly sources: ReadonlyMap<string, TensorSource>;
  /** Checkpoints that are closed with this one. */
  readonly owned: readonly Checkpoint[];
}

/** A checkpoint whose tensors lie in other checkpoints, under names of its own. */
export function compositeCheckpoint({ path, format, metadata, sources, owned }: CompositeParts): Checkpoint {
  const names = [...sources.keys()];
  const find = (name: string) => {
    const source = sources.get(name);
    if (!source) throw noSuchTensor(path, name, names);
    return source;
  };
  const close = async () => {
    await Promise.all(owned.map(checkpoint => checkpoint.close()));
  };
  return {
    path,
    format,
    metadata,
    names: () => names,
    info(name) {
      const source = sources.get(name);
      const info = source?.checkpoint.info(source.name);
      return info && { ...info, name };
    },
    location(name) {
      const source = sources.get(name);
      return source?.checkpoint.location(source.name);
    },
    async read(name) {
      const source = find(name);
      return source.checkpoint.read(source.name);
    },
    async readRows(name, start, count) {
      const source = find(name);
      return source.checkpoint.readRows(source.name, start, count);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
