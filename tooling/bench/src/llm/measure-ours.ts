import { loadLanguageModel } from 'minigpt4/language';
import { processMemory } from '../memory.js';
import {
  type ConversionFigures,
  type LanguageFigures,
  type LanguageJob,
  prefillRuns,
  promptIds,
  warmUpTokens,
} from './language-job.js';
import { loadOptions } from './language-variants.js';

/** Loads a language model as a chat does and runs it, embeddings in and logits out, the likeliest token each time. */
export async function measureOurs(job: LanguageJob): Promise<LanguageFigures | ConversionFigures> {
  const { kind, path, promptTokens, newTokens } = job;
  const started = performance.now();
  const { model } = await loadLanguageModel(path, loadOptions(job));
  if (kind === 'convert') {
    await model.dispose();
    return { seconds: (performance.now() - started) / 1000, peakBytes: (await processMemory()).peakBytes };
  }
  const read = async (ids: readonly number[], cache = model.createCache()) =>
    likeliest(await model.forward(await model.embed(ids), cache));
  const warm = model.createCache();
  await read([await read(promptIds(warmUpTokens), warm)], warm);
  const loadSeconds = (performance.now() - started) / 1000;
  const prompts: number[] = [];
  for (let i = 0; i < prefillRuns; i++) {
    const start = performance.now();
    await read(promptIds(promptTokens));
    prompts.push(performance.now() - start);
  }
  const cache = model.createCache();
  let id = await read(promptIds(promptTokens), cache);
  const start = performance.now();
  for (let i = 0; i < newTokens; i++) id = await read([id], cache);
  const decodeMs = performance.now() - start;
  const figures = {
    loadSeconds,
    prefill: (1000 * promptTokens) / Math.min(...prompts),
    decode: (1000 * newTokens) / decodeMs,
    paths: model.paths,
    ...(await processMemory()),
  };
  await model.dispose();
  return figures;
}

function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id;
  return best;
}
