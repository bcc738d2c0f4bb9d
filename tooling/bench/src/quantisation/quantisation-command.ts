import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { loadLanguageModel } from 'minigpt4/language';
import { chosenNames } from '../chosen-names.js';
import { processor, processorLine } from '../cpu-features.js';
import { ownFigures } from '../peer.js';
import { withScratchFolder } from '../scratch-folder.js';
import { tableLine } from '../table.js';
import { reference, scoredStorages } from './scored-storages.js';
import { compareScores, type ScoreDifference, type TextScores, textScores } from './text-scores.js';

/** Options of {@link quantisationCommand}. */
export interface QuantisationOptions {
  /** A GGUF file or a directory of Hugging Face. */
  readonly model: string;
  /** A text file, or the `logits.json` of a golden directory, whose text is taken. */
  readonly text: string;
  /** Names of the ways that weights are kept, with commas between. Defaults to all. */
  readonly variants?: string;
  readonly threads: number;
  /** Prints one JSON object instead of a table. */
  readonly json: boolean;
}

/** A text to score in a process of its own. */
interface QuantisationJob {
  readonly model: string;
  readonly text: string;
  readonly variant: string;
  readonly threads: number;
}

type Scores = Readonly<Record<'prompt' | 'answer', TextScores>>;

/** Scores a text in one variant and prints the scores: what {@link quantisationCommand} starts for each. */
export async function quantisationJobCommand(job: string): Promise<void> {
  const { model: path, text, variant, threads } = JSON.parse(job) as QuantisationJob;
  const { model, tokenizer } = await loadLanguageModel(path, { ...scoredStorages[variant], threads });
  const ids = tokenizer.encode(text);
  const scores: Scores = {
    prompt: await textScores(model, ids, 'prompt'),
    answer: await textScores(model, ids, 'answer'),
  };
  await model.dispose();
  process.stdout.write(`${JSON.stringify(scores)}\n`);
}

/** Cross-entropy of a text and agreement of the likeliest tokens with float32, for each way to keep the weights. */
export async function quantisationCommand({ model, threads, json, ...options }: QuantisationOptions): Promise<void> {
  const variants = chosenNames('bench quantisation', scoredStorages, options.variants);
  const text = await readText(options.text);
  const rows: { variant: string; prompt: ScoreDifference; answer: ScoreDifference }[] = [];
  await withScratchFolder(undefined, async folder => {
    const score = (variant: string) =>
      ownFigures<Scores>('quantisation-job', { model, text, variant, threads }, { XDG_CACHE_HOME: folder });
    const expected = await score(reference);
    if (!json) process.stdout.write(`${expected.prompt.losses.length} tokens\n${heading}\n`);
    for (const variant of variants) {
      const scores = variant === reference ? expected : await score(variant);
      const row = {
        variant,
        prompt: compareScores(scores.prompt, expected.prompt),
        answer: compareScores(scores.answer, expected.answer),
      };
      rows.push(row);
      if (!json) process.stdout.write(`${tableRow(row)}\n`);
    }
  });
  const cpu = await processor();
  process.stdout.write(json ? `${JSON.stringify({ processor: cpu, threads, rows })}\n` : `${processorLine(cpu)}\n`);
}

async function readText(path: string): Promise<string> {
  const content = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new MiniGPT4Error(
      'FILE_UNREADABLE',
      `bench quantisation: cannot read ${path}, expected a text file. Check the path.`,
      { cause },
    );
  });
  if (extname(path) !== '.json') return content;
  const text = (JSON.parse(content) as { readonly text?: { readonly text?: unknown } }).text?.text;
  if (typeof text === 'string') return text;
  throw new MiniGPT4Error(
    'BENCH_UNKNOWN',
    `bench quantisation: no text in ${path}, expected text.text as in a golden directory's logits.json, got ${JSON.stringify(text)}. Pass a text file.`,
  );
}

const columns = ['', 'prompt: loss', 'excess', 'top-1', 'answer: loss', 'excess', 'top-1'];
const widths = [24, 13, 8, 7, 13, 8, 7];
const heading = tableLine(columns, widths);

function tableRow(row: { variant: string; prompt: ScoreDifference; answer: ScoreDifference }): string {
  const cells = [row.prompt, row.answer].flatMap(({ loss, excess, agreement }) => [
    loss.toFixed(4),
    excess.toFixed(4),
    agreement.toFixed(3),
  ]);
  return tableLine([row.variant, ...cells], widths);
}
