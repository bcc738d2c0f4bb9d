import type { SessionLanguageModel } from 'minigpt4';
import type { Memory } from '../memory.js';

/** What a language model is run for. */
export interface LanguageWork {
  /** Tokens of the prompt. */
  readonly promptTokens: number;
  /** Tokens that are generated after it, one by one. */
  readonly newTokens: number;
}

/** One engine's work with one model, in a process of its own. */
export interface LanguageJob extends LanguageWork {
  /** Whether to run the model, or only to load it for the first time. */
  readonly kind: 'run' | 'convert';
  readonly engine: keyof typeof engines;
  /** Name of the way that ours keeps its weights; others do not look at it. */
  readonly variant: string;
  /** The model's directory or file. */
  readonly path: string;
  /** Threads inside one operation. */
  readonly threads: number;
}

/** Speed and memory of a language model in a process of its own. */
export interface LanguageFigures extends Memory {
  /** Seconds from the files to a model that has answered once. */
  readonly loadSeconds: number;
  /** Tokens of the prompt in a second. */
  readonly prefill: number;
  /** Tokens generated in a second. */
  readonly decode: number;
  /** The ways that ours has chosen by a measurement; absent for others. */
  readonly paths?: SessionLanguageModel['paths'];
}

/** What the first load of a model takes, which writes copies of weights in fewer bits. */
export interface ConversionFigures {
  readonly seconds: number;
  /** Largest resident memory of the process. */
  readonly peakBytes: number;
}

/** Times that the prompt is read; the fastest counts. */
export const prefillRuns = 3;

/** Tokens that the model reads before anything is measured: first runs allocate and touch every page. */
export const warmUpTokens = 16;

type Measure = (job: LanguageJob) => Promise<LanguageFigures | ConversionFigures>;

/** Each engine is imported only in a process of its own, so that no other library takes memory there. */
const engines = {
  ours: async (): Promise<Measure> => (await import('./measure-ours.js')).measureOurs,
  'transformers.js': async (): Promise<Measure> => (await import('./measure-transformers.js')).measureTransformers,
  'llama.cpp': async (): Promise<Measure> => (await import('./measure-llama-cpp.js')).measureLlamaCpp,
};

/** Ids of a prompt: any will do. */
export function promptIds(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 3 + ((i * 7919) % 251));
}

/** Runs one job in this process and prints its figures: what `bench llm` starts for each. */
export async function languageJobCommand(text: string): Promise<void> {
  const job = JSON.parse(text) as LanguageJob;
  const measure = await engines[job.engine]();
  process.stdout.write(`${JSON.stringify(await measure(job))}\n`);
}
