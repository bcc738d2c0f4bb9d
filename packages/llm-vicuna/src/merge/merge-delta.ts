import { basename, join, resolve } from 'node:path';
import { writeSafetensors, type Checkpoint, type PendingTensor } from '@minigpt4/checkpoint';
import { asFloat32, float32ToFloat16, MiniGPT4Error, type HostTensor } from '@minigpt4/core';
import { addHalves } from './add-halves.js';
import { mergeError } from './merge-error.js';
import { mergedMark, openMergeInputs, type MergedTensor, type MergeInputs } from './merge-inputs.js';
import { finishOutput, openOutput, requireRoom } from './merge-output.js';
import { chooseTokenizer, copyTokenizer } from './merge-tokenizer.js';
import { sampleValues } from './sample-values.js';
import { halfBytes, planShards, type Shard } from './shard-plan.js';

/** Elements of both sides that are in memory at a time, besides the tensor that is being written. */
const chunkElements = 8 * 2 ** 20;

/** How far a merge is. */
export interface MergeProgress {
  /** What is being done, in a few words: a check, or the tensor. */
  readonly step: string;
  /** Bytes of the result that are written or were there. */
  readonly bytes: number;
  /** Bytes of the whole result; 0 while the files are being checked. */
  readonly totalBytes: number;
}

/** Options of {@link mergeDelta}. */
export interface MergeOptions {
  /** Directory of LLaMA-7B or -13B in the format of Hugging Face. */
  readonly base: string;
  /** Directory of the matching delta of Vicuna v0. */
  readonly delta: string;
  /** Directory to be made, or to be gone on with after an interrupted merge of the same files. */
  readonly output: string;
  /** Bytes of the tensors in one file at most. Defaults to 5 GB. */
  readonly shardBytes?: number;
  /** Ends the merge within a fraction of a second; whole files stay for the next time. Defaults to none. */
  readonly signal?: AbortSignal;
  /** Is told of every step. Defaults to nobody. */
  readonly onProgress?: (progress: MergeProgress) => void;
}

/** What {@link mergeDelta} made. */
export interface MergeReport {
  /** Absolute path of the merged model. */
  readonly output: string;
  /** Files of weights. */
  readonly shards: readonly string[];
  /** How many of them were left from an interrupted merge. */
  readonly resumedShards: number;
  readonly tensors: number;
  readonly parameters: number;
  /** Bytes of all weights. */
  readonly bytes: number;
  /** Digest of what was merged: sha256 over names, shapes and some rows of both sides. */
  readonly fingerprint: string;
  /** What could not be checked or was changed, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Makes Vicuna v0 of LLaMA and the published differences: adds the two tensor by tensor in float16, as FastChat's
 * `apply_delta` does on the padding row that it gives the base, and writes sharded safetensors with the tokenizer beside
 * them. A run holds one tensor in memory (328 MB for 13B). Before anything is written, base, delta and tokenizer are checked.
 *
 * @throws `MERGE_BASE`, `MERGE_DELTA`, `MERGE_TOKENIZER` for files that do not belong together, `MERGE_OUTPUT`,
 * `MERGE_DISK`, `MERGE_NOT_FINITE`, `MERGE_INTERRUPTED` after the signal; the errors of `openCheckpoint`, `readLlamaConfig`
 * and `loadTokenizer` for files that cannot be read
 *
 * @example
 * await mergeDelta({ base: 'llama-7b-hf', delta: 'vicuna-7b-delta-v0', output: 'vicuna-7b' });
 */
export async function mergeDelta(options: MergeOptions): Promise<MergeReport> {
  const { shardBytes = 5e9, signal, onProgress } = options;
  const output = resolve(options.output);
  onProgress?.({ step: 'checking base and delta', bytes: 0, totalBytes: 0 });
  await using inputs = await openMergeInputs(options.base, options.delta);
  const { directory, tokenizer, notes } = await chooseTokenizer(inputs);
  const fingerprint = await sampleValues(inputs);
  const shards = planShards(inputs.tensors, shardBytes);
  const whole = await openOutput(output, `${fingerprint} ${shardBytes}`, shards);
  const left = shards.filter(({ file }) => !whole.has(file));
  await requireRoom(output, left);

  const sum = (tensors: readonly MergedTensor[]) => tensors.reduce((bytes, tensor) => bytes + halfBytes(tensor), 0);
  const totalBytes = sum(inputs.tensors);
  let bytes = totalBytes - sum(left.flatMap(({ tensors }) => tensors));
  const started = (tensor: MergedTensor) => {
    onProgress?.({ step: tensor.name, bytes, totalBytes });
    bytes += halfBytes(tensor);
  };
  for (const shard of left) await writeShard(join(output, shard.file), shard, { inputs, signal, started });
  onProgress?.({ step: 'writing tokenizer, configuration and index', bytes, totalBytes });
  await copyTokenizer(directory, output);
  const { config, changes } = mergedConfig(inputs, { bos: tokenizer.bosId, eos: tokenizer.eosId });
  await finishOutput(output, shards, config);
  return {
    output,
    shards: shards.map(({ file }) => file),
    resumedShards: whole.size,
    tensors: inputs.tensors.length,
    parameters: totalBytes / 2,
    bytes: totalBytes,
    fingerprint,
    notes: [...notes, ...changes],
  };
}

interface ShardContext {
  readonly inputs: MergeInputs;
  readonly signal: AbortSignal | undefined;
  readonly started: (tensor: MergedTensor) => void;
}

async function writeShard(path: string, { tensors }: Shard, context: ShardContext): Promise<void> {
  const pending = tensors.map((tensor): [string, PendingTensor] => [
    tensor.name,
    {
      dtype: 'float16',
      shape: tensor.shape,
      data: () => {
        context.started(tensor);
        return mergeTensor(tensor, context);
      },
    },
  ]);
  const { base, delta } = context.inputs;
  const mark = `${basename(base.directory)} + ${basename(delta.directory)}`;
  await writeSafetensors(path, Object.fromEntries(pending), { format: 'pt', [mergedMark]: mark });
}

/** The sum of one tensor, in chunks of rows; rows that the base lacks count as zero there. */
async function mergeTensor(
  { name, shape, baseRows }: MergedTensor,
  { inputs, signal }: ShardContext,
): Promise<Uint16Array> {
  const [rows, rowElements] = [shape[0]!, shape.slice(1).reduce((product, size) => product * size, 1)];
  const merged = new Uint16Array(rows * rowElements);
  const chunkRows = Math.max(1, Math.floor(chunkElements / rowElements));
  for (let start = 0; start < rows; start += chunkRows) {
    if (signal?.aborted) throw interrupted();
    const count = Math.min(chunkRows, rows - start);
    const changes = await halves(inputs.delta.weights, name, [start, count]);
    const into = merged.subarray(start * rowElements, (start + count) * rowElements);
    const known = Math.max(0, Math.min(count, baseRows - start));
    const weights = await halves(inputs.base.weights, name, [Math.min(start, baseRows), known]);
    const split = known * rowElements;
    into.set(changes.subarray(split), split);
    const infinite = addHalves(weights, changes.subarray(0, split), into);
    if (infinite > 0) throw notFinite(inputs, name, infinite);
  }
  return merged;
}

/** Rows as float16, whatever the file stores: rounded first, as the original's loader does. */
async function halves(
  checkpoint: Checkpoint,
  name: string,
  [start, count]: readonly [number, number],
): Promise<Uint16Array> {
  const tensor: HostTensor = await checkpoint.readRows(name, start, count);
  return tensor.dtype === 'float16' ? (tensor.data as Uint16Array) : float32ToFloat16(asFloat32(tensor));
}

function interrupted(): MiniGPT4Error {
  return new MiniGPT4Error(
    'MERGE_INTERRUPTED',
    'merge: interrupted, expected to be let finish, got a signal to stop. Run it again to go on with the file it was at.',
  );
}

function notFinite({ base, delta }: MergeInputs, name: string, count: number): MiniGPT4Error {
  return mergeError(
    'MERGE_NOT_FINITE',
    delta.directory,
    `${name} has no finite sum with ${base.directory}, expected numbers of float16, got ${count} others. Check the downloads: one of the two is damaged.`,
  );
}

interface TokenIds {
  readonly bos: number;
  readonly eos: number;
}

/** The delta's configuration for the result. That of Vicuna v0 names ids that its tokenizer does not have. */
function mergedConfig({ delta }: MergeInputs, { bos, eos }: TokenIds) {
  const { json } = delta;
  const { _name_or_path: _, ...kept } = json;
  const config = { ...kept, torch_dtype: 'float16', bos_token_id: bos, eos_token_id: eos };
  const wrong = json.bos_token_id !== bos || json.eos_token_id !== eos;
  const changes = wrong
    ? [
        `config.json names the tokenizer's ids, bos ${bos} and eos ${eos}; the delta's named ${String(json.bos_token_id)} and ${String(json.eos_token_id)}.`,
      ]
    : [];
  return { config, changes };
}
