import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LlamaConfig } from '@minigpt4/llm-vicuna';
import { modelSizes } from '../checkpoints/model-presets.js';
import { writeModel } from '../checkpoints/write-model.js';
import { writeRandomGguf } from '../gguf/write-random-gguf.js';
import { writeRandomOnnx } from '../onnx/write-random-onnx.js';
import { figures, ownFigures, peerScript } from '../peer.js';
import { peersFolder } from '../peers/peer-packages.js';
import { bytesOnDisk } from '../scratch-folder.js';
import {
  type ConversionFigures,
  type LanguageFigures,
  type LanguageJob,
  type LanguageWork,
  prefillRuns,
  promptIds,
  warmUpTokens,
} from './language-job.js';

/** One engine with one model. */
export interface LanguageRow extends LanguageFigures {
  readonly shape: string;
  readonly name: string;
  /** Bytes of the files that it reads its weights from. */
  readonly diskBytes: number;
  /** The first load, which makes the files; absent where they are given. */
  readonly conversion?: ConversionFigures;
  /** Against llama.cpp in the same rounds: speeds are ours over theirs, memory and load time too. */
  readonly ratios?: Readonly<Record<'prefill' | 'decode' | 'peakBytes' | 'residentBytes' | 'loadSeconds', number>>;
}

type FigureName = Exclude<keyof LanguageFigures, 'paths'>;

/** Where and how one model is run. */
export interface LanguageRuns extends LanguageWork {
  /** A preset of {@link modelSizes}. */
  readonly shape: string;
  readonly layers?: number;
  /** Holds the model in all its formats. */
  readonly folder: string;
  readonly threads: number;
  readonly variants: readonly string[];
  /** Whether node-llama-cpp is there. */
  readonly llamaCpp: boolean;
  /** Whether transformers.js is there. */
  readonly transformers: boolean;
  /** A Python with PyTorch; undefined for no comparison. */
  readonly python: string | undefined;
  /** Times that each variant is run, in turn with llama.cpp; the best counts on both sides. */
  readonly rounds: number;
}

/** Writes the model's files, then runs each variant in turn with llama.cpp; gives the others' own figures last. */
export async function* languageRows(runs: LanguageRuns): AsyncGenerator<LanguageRow> {
  const { shape, layers, folder, llamaCpp, variants } = runs;
  const { llm } = modelSizes(shape, layers);
  const directory = join(folder, 'llm');
  const gguf = join(folder, 'model.gguf');
  await writeModel(directory, { llm, projectionFile: '' });
  if (llamaCpp) await writeRandomGguf(gguf, llm);
  const theirs: LanguageFigures[] = [];
  for (const variant of variants) {
    const cache = join(folder, variant.replaceAll(/\W+/g, '-'));
    const job = { engine: 'ours', variant, path: directory } as const;
    const conversion = await runJob<ConversionFigures>(runs, { ...job, kind: 'convert' }, cache);
    const [ours, peer]: [LanguageFigures[], LanguageFigures[]] = [[], []];
    for (let round = 0; round < runs.rounds; round++) {
      ours.push(await runJob(runs, { ...job, kind: 'run' }, cache));
      if (llamaCpp) peer.push(await runPeer(runs, 'llama.cpp', gguf));
    }
    theirs.push(...peer);
    const best = bestOf(ours)!;
    const diskBytes = (await bytesOnDisk(cache)) || (await bytesOnDisk(directory));
    yield { shape, name: `ours, ${variant}`, ...best, diskBytes, conversion, ...ratiosTo(best, bestOf(peer)) };
  }
  const best = bestOf(theirs);
  if (best !== undefined) yield { shape, name: 'llama.cpp, Q4_0', ...best, diskBytes: await bytesOnDisk(gguf) };
  yield* otherRows(runs, llm, directory);
}

/** Engines that no target is set against: each once, and not at all where it fails. */
async function* otherRows(runs: LanguageRuns, llm: LlamaConfig, directory: string): AsyncGenerator<LanguageRow> {
  const { shape, folder, python } = runs;
  const onnx = join(folder, 'onnx-model');
  if (runs.transformers) {
    const run = async () => {
      await writeRandomOnnx(onnx, llm);
      return runPeer(runs, 'transformers.js', onnx);
    };
    const found = await unlessFailing('transformers.js', run);
    if (found) yield { shape, name: 'transformers.js, q4', ...found, diskBytes: await bytesOnDisk(onnx) };
    await rm(onnx, { recursive: true, force: true });
  }
  if (python === undefined) return;
  const found = await unlessFailing('PyTorch', () => runPyTorch(python, { runs, llm, directory }));
  if (found) yield { shape, name: 'PyTorch, bfloat16', ...found, diskBytes: await bytesOnDisk(directory) };
}

async function unlessFailing(name: string, run: () => Promise<LanguageFigures>): Promise<LanguageFigures | undefined> {
  return run().catch((error: unknown) => {
    process.stderr.write(`${name} failed, left out: ${String((error as Error).message).slice(0, 500)}\n`);
    return undefined;
  });
}

function runPeer(runs: LanguageRuns, engine: LanguageJob['engine'], path: string): Promise<LanguageFigures> {
  return runJob(runs, { kind: 'run', engine, variant: '', path }, runs.folder);
}

function runJob<T>(
  { threads, promptTokens, newTokens }: LanguageRuns,
  job: Pick<LanguageJob, 'kind' | 'engine' | 'variant' | 'path'>,
  cache: string,
): Promise<T> {
  // copies of weights go to the user's cache, which here is a folder of the variant's own
  const environment = { XDG_CACHE_HOME: cache, BENCH_PEERS: peersFolder() };
  return ownFigures<T>('llm-job', { ...job, threads, promptTokens, newTokens }, environment);
}

async function runPyTorch(
  python: string,
  { runs, llm, directory }: { runs: LanguageRuns; llm: LlamaConfig; directory: string },
): Promise<LanguageFigures> {
  const files = (await readdir(directory)).filter(name => name.endsWith('.safetensors'));
  const job = {
    config: llm,
    weights: files.map(name => join(directory, name)),
    dtype: 'bfloat16',
    threads: runs.threads,
    prompt: promptIds(runs.promptTokens),
    warmUp: promptIds(warmUpTokens),
    newTokens: runs.newTokens,
    prefillRuns,
  };
  return figures<LanguageFigures>(python, [peerScript('llm.py'), JSON.stringify(job)]);
}

/** The best of several runs in each figure: what other work on the machine disturbs least. Memory is the most there was. */
export function bestOf(runs: readonly LanguageFigures[]): LanguageFigures | undefined {
  if (runs.length === 0) return undefined;
  const most = (key: FigureName) => Math.max(...runs.map(run => run[key]));
  const [{ paths }] = runs as [LanguageFigures];
  return {
    ...(paths && { paths }),
    loadSeconds: Math.min(...runs.map(run => run.loadSeconds)),
    prefill: most('prefill'),
    decode: most('decode'),
    peakBytes: most('peakBytes'),
    residentBytes: most('residentBytes'),
    fileBytes: most('fileBytes'),
  };
}

/** How one engine's figures relate to another's. */
export function ratiosTo(ours: LanguageFigures, theirs: LanguageFigures | undefined): Pick<LanguageRow, 'ratios'> {
  if (theirs === undefined) return {};
  const ratio = (key: FigureName) => ours[key] / theirs[key];
  return {
    ratios: {
      prefill: ratio('prefill'),
      decode: ratio('decode'),
      peakBytes: ratio('peakBytes'),
      residentBytes: ratio('residentBytes'),
      loadSeconds: ratio('loadSeconds'),
    },
  };
}
