import { realpath } from 'node:fs/promises';
import { dirname, parse, relative, sep } from 'node:path';
import { merged, verifyCheckpoint, type Checkpoint, type ExpectedTensor } from '@minigpt4/checkpoint';
import type { Graph, StoredSource, WeightSource } from '@minigpt4/onnx-graph';
import { heldMatrices, type WeightStorage } from './storage/weight-storage.js';
import { weightsOnDisk } from './weights-on-disk.js';

/** A graph's parameters, found: where each one's elements are, and the folder that file locations are relative to. */
export interface BoundWeights {
  readonly sources: ReadonlyMap<string, WeightSource>;
  readonly folder: string;
  /** Removes what was written for the engine; call it once the engine has loaded the graph. */
  close(): Promise<void>;
}

/** Options of {@link bindWeights}. */
export interface BindOptions {
  /** How matrices are held. Defaults to `as stored`. */
  readonly storage?: WeightStorage;
  /** Folder where copies of the weights in fewer bits are kept. Defaults to one in the user's cache (`XDG_CACHE_HOME`). */
  readonly weightFolder?: string;
  /** Is told how far such a copy is, a short line for each tenth. Defaults to nobody. */
  readonly onProgress?: (message: string) => void;
  /** Matrices that are held in 8 bits where the storage has 4, because they lose most. Defaults to none but heads. */
  readonly inEightBits?: (name: string) => boolean;
}

/** Every parameter of a graph as a checkpoint must hold it. */
export function expectedTensors(graph: Graph): ExpectedTensor[] {
  return [...graph.parameters].map(([name, tensor]) => ({ name, shape: tensor.shape as number[] }));
}

/**
 * Finds every parameter of `graph` in `checkpoint`. Tensors that lie in one piece in a file are only pointed at: the
 * engine maps the original file and nothing is copied. Strided and packed ones are read, or where they are large written
 * out by `weightsOnDisk`. Tensors that the graph does not ask for are let be, because a graph is often one part of a model.
 *
 * Where `storage` asks for it, matrices come from a copy in fewer bits, which is made when it is not there yet.
 *
 * @throws `CHECKPOINT_MISMATCH` with all missing and mis-shaped tensors at once, `CHECKPOINT_WRITE` for a copy
 */
export async function bindWeights(
  graph: Graph,
  checkpoint: Checkpoint,
  { storage = 'as stored', weightFolder, onProgress, inEightBits }: BindOptions = {},
): Promise<BoundWeights> {
  const expected = expectedTensors(graph);
  verifyCheckpoint(checkpoint, expected, { ignore: [/^/] });
  const held = await heldMatrices(graph, checkpoint, {
    storage,
    ...(weightFolder !== undefined && { folder: weightFolder }),
    ...(onProgress && { onProgress }),
    ...(inEightBits && { inEightBits }),
  });
  const names = expected.map(({ name }) => name).filter(name => !held.copied.has(name));
  const weights = await weightsOnDisk(checkpoint, names);
  const close = async () => {
    await Promise.all([weights.close(), held.copy?.close()]);
  };
  try {
    const files = held.copy === undefined ? weights : merged([weights, held.copy]);
    const found = await findStored(files, [...names, ...(held.copy?.names() ?? [])]);
    const sourceOf = (name: string) => held.sourceOf(name, key => found.sources.get(key)!);
    return { sources: new Map(expected.map(({ name }) => [name, sourceOf(name)])), folder: found.folder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function findStored(
  weights: Checkpoint,
  names: readonly string[],
): Promise<{ sources: Map<string, StoredSource>; folder: string }> {
  const files = await realPaths(names.flatMap(name => weights.location(name)?.file ?? []));
  const folder = commonFolder([...files.values()]);
  const sources = new Map<string, StoredSource>();
  for (const name of names) {
    const location = weights.location(name);
    if (location === undefined || folder === undefined) {
      sources.set(name, { kind: 'memory', tensor: await weights.read(name) });
      continue;
    }
    const { file, offset, length } = location;
    const path = relative(folder, files.get(file)!).split(sep).join('/');
    sources.set(name, { kind: 'file', dtype: weights.info(name)!.dtype, location: path, offset, length });
  }
  return { sources, folder: folder ?? '' };
}

/**
 * Where each file really lies. The engine refuses links that lead out of the folder, and in the cache of Hugging Face
 * every file is one. A file that is gone is left for the engine to name.
 */
async function realPaths(files: readonly string[]): Promise<Map<string, string>> {
  const entries = [...new Set(files)].map(async file => [file, await realpath(file).catch(() => file)] as const);
  return new Map(await Promise.all(entries));
}

/** The deepest folder above all files; undefined without files or where they are on different drives. */
function commonFolder(files: readonly string[]): string | undefined {
  let folder = files[0] === undefined ? undefined : dirname(files[0]);
  for (const file of files) {
    while (folder !== undefined && !isBelow(file, folder)) {
      folder = folder === parse(folder).root ? undefined : dirname(folder);
    }
  }
  return folder;
}

function isBelow(file: string, folder: string): boolean {
  return file.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
