import { processMemory } from '../memory.js';
import { importPeer } from '../peers/peer-packages.js';
import { type LanguageFigures, type LanguageJob, prefillRuns, promptIds, warmUpTokens } from './language-job.js';

/** What is used of node-llama-cpp. */
interface NodeLlamaCpp {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<LlamaModel> }>;
}

interface LlamaModel {
  createContext(options: object): Promise<{ getSequence(): LlamaSequence; dispose(): Promise<void> }>;
  dispose(): Promise<void>;
}

interface LlamaSequence {
  evaluate(tokens: readonly number[], options: object): AsyncIterable<number>;
  clearHistory(): Promise<void>;
}

/** Loads a GGUF file in node-llama-cpp as it does by default, mapped into memory, and runs it on the processor. */
export async function measureLlamaCpp(job: LanguageJob): Promise<LanguageFigures> {
  const { path, threads, promptTokens, newTokens } = job;
  const { getLlama } = await importPeer<NodeLlamaCpp>('node-llama-cpp');
  const started = performance.now();
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error', maxThreads: threads });
  const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
  const contextSize = Math.max(promptTokens, warmUpTokens) + newTokens + 8;
  const context = await model.createContext({ contextSize, batchSize: contextSize, threads });
  const sequence = context.getSequence();
  await run(sequence, promptIds(warmUpTokens), 2);
  const loadSeconds = (performance.now() - started) / 1000;
  const prompts: number[] = [];
  for (let i = 0; i < prefillRuns; i++) prompts.push((await run(sequence, promptIds(promptTokens), 1)).promptMs);
  const { decodeMs } = await run(sequence, promptIds(promptTokens), newTokens + 1);
  const figures = {
    loadSeconds,
    prefill: (1000 * promptTokens) / Math.min(...prompts),
    decode: (1000 * newTokens) / decodeMs,
    ...(await processMemory()),
  };
  await context.dispose();
  await model.dispose();
  return figures;
}

/** Reads a prompt from nothing and takes `count` tokens of the answer; the first one comes with the prompt. */
async function run(
  sequence: LlamaSequence,
  ids: readonly number[],
  count: number,
): Promise<{ promptMs: number; decodeMs: number }> {
  await sequence.clearHistory();
  const times = [performance.now()];
  for await (const _ of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
    times.push(performance.now());
    if (times.length > count) break;
  }
  return { promptMs: times[1]! - times[0]!, decodeMs: times.at(-1)! - times[1]! };
}
