import { join } from 'node:path';
import { chosenNames } from '../chosen-names.js';
import { modelSizes } from '../checkpoints/model-presets.js';
import { writeModel } from '../checkpoints/write-model.js';
import { processor, processorLine } from '../cpu-features.js';
import { writeRandomGguf } from '../gguf/write-random-gguf.js';
import type { ConversionFigures, LanguageFigures } from '../llm/language-job.js';
import { ownFigures } from '../peer.js';
import { peersFolder, peerVersion } from '../peers/peer-packages.js';
import { bytesOnDisk, withScratchFolder } from '../scratch-folder.js';
import { megabytes, ratioCell, tableLine } from '../table.js';
import type { PictureFigures, PictureJob } from './picture-job.js';
import { pictureVariants } from './picture-variants.js';

/** Options of {@link minigpt4Command}. */
export interface MiniGPT4BenchOptions {
  /** Preset of the model's sizes. */
  readonly preset: string;
  /** Keeps only this many layers of each part. */
  readonly layers?: number;
  /** Names of the ways that weights are kept, with commas between. Defaults to all. */
  readonly variants?: string;
  /** A `tokenizer.json` for the model. Defaults to one that spells in bytes, and so makes longer prompts. */
  readonly tokenizer?: string;
  /** Tokens of the answer. */
  readonly tokens: number;
  /** Times that each variant is run, in turn with llama.cpp. */
  readonly rounds: number;
  readonly threads: number;
  /** Keeps the model and its copies in this folder. Defaults to a temporary one. */
  readonly folder?: string;
  /** Prints one JSON object instead of a table. */
  readonly json: boolean;
}

/** A whole model kept in one way. */
interface PictureRow extends PictureFigures {
  readonly variant: string;
  readonly conversion: ConversionFigures;
  /** Bytes of the copies of weights. */
  readonly copyBytes: number;
  /** llama.cpp's tokens a second with the language model alone behind a prompt of the same length. */
  readonly peerDecode?: number;
}

/** Conversion, load, memory and speed of a whole MiniGPT-4 of random weights, beside llama.cpp's speed where it is installed. */
export async function minigpt4Command(options: MiniGPT4BenchOptions): Promise<void> {
  const { preset, layers, threads, json } = options;
  const variants = chosenNames('bench minigpt4', pictureVariants, options.variants);
  const print = (text: string) => json || process.stdout.write(`${text}\n`);
  const [cpu, version] = [await processor(), await peerVersion('node-llama-cpp')];
  if (version === undefined) process.stderr.write('node-llama-cpp is not installed (bench peers): no comparison\n');
  print(`${processorLine(cpu)}, ${threads} threads${version === undefined ? '' : `; node-llama-cpp ${version}`}`);
  print(
    `${preset}${layers === undefined ? '' : `, ${layers} layers of each part`}, answer of ${options.tokens} tokens`,
  );
  const rows: PictureRow[] = [];
  await withScratchFolder(options.folder, async folder => {
    await writeFiles(folder, options, version !== undefined);
    print(heading);
    for (const variant of variants) {
      const row = await pictureRow(folder, variant, options, version !== undefined);
      rows.push(row);
      print(tableRow(row));
    }
  });
  const peers = { 'node-llama-cpp': version };
  if (json) process.stdout.write(`${JSON.stringify({ processor: cpu, preset, layers, threads, peers, rows })}\n`);
}

const modelFolder = 'model';
const ggufFile = 'model.gguf';

async function writeFiles(
  folder: string,
  { preset, layers, tokenizer }: MiniGPT4BenchOptions,
  gguf: boolean,
): Promise<void> {
  const sizes = modelSizes(preset, layers);
  const there = await bytesOnDisk(join(folder, modelFolder, 'config.json'));
  if (there === 0) await writeModel(join(folder, modelFolder), sizes, tokenizer === undefined ? {} : { tokenizer });
  if (gguf && (await bytesOnDisk(join(folder, ggufFile))) === 0)
    await writeRandomGguf(join(folder, ggufFile), sizes.llm);
}

async function pictureRow(
  folder: string,
  variant: string,
  { tokens: newTokens, rounds, threads }: MiniGPT4BenchOptions,
  gguf: boolean,
): Promise<PictureRow> {
  const cache = join(folder, variant.replaceAll(/\W+/g, '-'));
  // copies of weights go to the user's cache, which here is a folder of the variant's own
  const environment = { XDG_CACHE_HOME: cache, BENCH_PEERS: peersFolder() };
  const job = { directory: join(folder, modelFolder), variant, threads, newTokens };
  const run = <T>(kind: PictureJob['kind']) => ownFigures<T>('minigpt4-job', { ...job, kind }, environment);
  const conversion = await run<ConversionFigures>('convert');
  const [ours, theirs]: [PictureFigures[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    ours.push(await run<PictureFigures>('answer'));
    if (!gguf) continue;
    const work = { engine: 'llama.cpp', kind: 'run', variant, path: join(folder, ggufFile), threads, newTokens };
    const promptTokens = ours[0]!.promptTokens;
    theirs.push((await ownFigures<LanguageFigures>('llm-job', { ...work, promptTokens }, environment)).decode);
  }
  const best = ours.toSorted((a, b) => b.decode - a.decode)[0]!;
  const peer = theirs.length === 0 ? {} : { peerDecode: Math.max(...theirs) };
  const peakBytes = Math.max(...ours.map(figures => figures.peakBytes));
  const loadSeconds = Math.min(...ours.map(figures => figures.loadSeconds));
  return { variant, ...best, peakBytes, loadSeconds, conversion, copyBytes: await bytesOnDisk(cache), ...peer };
}

const columns = [
  '',
  'convert s',
  'peak MB',
  'copies MB',
  'load s',
  'image s',
  'prefill s',
  'decode/s',
  'peak MB',
  'now MB',
  'files MB',
  'decode',
];
const widths = [24, 9, 8, 9, 7, 8, 9, 9, 8, 8, 8, 8];
const heading = tableLine(columns, widths);

/** The last cell is our decode speed over llama.cpp's. */
function tableRow(row: PictureRow): string {
  const cells = [
    row.variant,
    row.conversion.seconds.toFixed(1),
    megabytes(row.conversion.peakBytes),
    megabytes(row.copyBytes),
    row.loadSeconds.toFixed(1),
    (row.imageMs / 1000).toFixed(2),
    (row.prefillMs / 1000).toFixed(2),
    row.decode.toFixed(2),
    megabytes(row.peakBytes),
    megabytes(row.residentBytes),
    megabytes(row.fileBytes),
    ratioCell(row.peerDecode === undefined ? undefined : row.decode / row.peerDecode),
  ];
  return tableLine(cells, widths);
}
