import { dirname, basename } from 'node:path';
import { processMemory } from '../memory.js';
import { importPeer } from '../peers/peer-packages.js';
import { type LanguageFigures, type LanguageJob, prefillRuns, promptIds, warmUpTokens } from './language-job.js';

/** What is used of transformers.js. */
interface Transformers {
  readonly env: { localModelPath: string; allowRemoteModels: boolean };
  readonly AutoModelForCausalLM: { from_pretrained(name: string, options: object): Promise<CausalModel> };
  readonly Tensor: new (type: string, data: BigInt64Array, shape: readonly number[]) => unknown;
}

interface CausalModel {
  generate(options: object): Promise<unknown>;
  dispose(): Promise<unknown>;
}

/** Loads an ONNX model in transformers.js, 4-bit weights on the processor, and runs its `generate`. */
export async function measureTransformers(job: LanguageJob): Promise<LanguageFigures> {
  const { path, threads, promptTokens, newTokens } = job;
  const library = await importPeer<Transformers>('@huggingface/transformers');
  library.env.localModelPath = dirname(path);
  library.env.allowRemoteModels = false;
  const started = performance.now();
  const model = await library.AutoModelForCausalLM.from_pretrained(basename(path), {
    dtype: 'q4',
    device: 'cpu',
    session_options: { intraOpNumThreads: threads },
  });
  const run = (count: number, tokens: number) => generate(library, model, promptIds(count), tokens);
  await run(warmUpTokens, 2);
  const loadSeconds = (performance.now() - started) / 1000;
  const prompts: number[] = [];
  for (let i = 0; i < prefillRuns; i++) prompts.push((await run(promptTokens, 1)).promptMs);
  const { decodeMs } = await run(promptTokens, newTokens + 1);
  const speeds = { prefill: (1000 * promptTokens) / Math.min(...prompts), decode: (1000 * newTokens) / decodeMs };
  const figures = { loadSeconds, ...speeds, ...(await processMemory()) };
  await model.dispose();
  return figures;
}

/** Reads a prompt and takes `count` tokens of the answer, the likeliest each time; the first one comes with the prompt. */
async function generate(
  { Tensor }: Transformers,
  model: CausalModel,
  ids: readonly number[],
  count: number,
): Promise<{ promptMs: number; decodeMs: number }> {
  const shape = [1, ids.length];
  const times: number[] = [];
  const streamer = { put: () => times.push(performance.now()), end: () => {} };
  const started = performance.now();
  await model.generate({
    inputs: new Tensor('int64', BigInt64Array.from(ids, BigInt), shape),
    attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
    max_new_tokens: count,
    min_new_tokens: count,
    do_sample: false,
    streamer,
  });
  // it is first given the prompt itself, before anything is computed
  const [, first = started] = times;
  return { promptMs: first - started, decodeMs: times.at(-1)! - first };
}
