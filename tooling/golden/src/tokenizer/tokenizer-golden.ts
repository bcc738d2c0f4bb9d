import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createTokenizer, loadTokenizer, type Tokenizer } from '@minigpt4/llm-vicuna';
import type { Report } from '../report.js';
import { llamaSentencePieceFile } from './sentencepiece-file.js';

interface TokenizerCases {
  readonly vocab_size: number;
  readonly stop_sequences: readonly (readonly number[])[];
  readonly cases: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly ids_with_bos: readonly number[];
    readonly decoded: string;
    readonly decoded_skip_special: string;
  }[];
  readonly prompts: readonly { readonly segments: readonly string[]; readonly ids: readonly (readonly number[])[] }[];
}

/** Where the README of the directory says the tokenizer is, relative to it. */
const tokenizerPath = '../../data/llama-tokenizer.json';

/** Every string and prompt of a `llama-tokenizer` directory, through both readers: tokenizer.json and tokenizer.model. */
export async function tokenizerGolden(directory: string, report: Report): Promise<void> {
  const golden = JSON.parse(await readFile(join(directory, 'cases.json'), 'utf8')) as TokenizerCases;
  const json: unknown = JSON.parse(await readFile(resolve(directory, tokenizerPath), 'utf8'));
  const readers = { 'tokenizer.json': createTokenizer(json), 'tokenizer.model': await rebuiltModel(json) };
  for (const [reader, tokenizer] of Object.entries(readers)) compare(reader, tokenizer, golden, report);
}

/** The same vocabulary from a `tokenizer.model` on disk; the directory has none, so it is written first. */
async function rebuiltModel(json: unknown): Promise<Tokenizer> {
  const folder = await mkdtemp(join(tmpdir(), 'golden-tokenizer-'));
  try {
    await writeFile(join(folder, 'tokenizer.model'), llamaSentencePieceFile(json));
    return await loadTokenizer(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function compare(reader: string, tokenizer: Tokenizer, golden: TokenizerCases, report: Report): void {
  report.equal(`${reader} vocab_size`, [tokenizer.vocabularySize], [golden.vocab_size]);
  const wrong = golden.cases.flatMap(entry => differences(tokenizer, entry));
  report.add(
    `${reader} cases`,
    wrong.length === 0,
    wrong[0] ?? `${golden.cases.length} strings: ids, ids with BOS and decoded text equal`,
  );
  golden.prompts.forEach(({ segments, ids }, i) => {
    const got = segments.map((segment, j) => tokenizer.encode(segment, { bos: j === 0 }));
    report.equal(`${reader} prompt ${i}`, got.flat(), ids.flat());
  });
}

function differences(tokenizer: Tokenizer, entry: TokenizerCases['cases'][number]): string[] {
  const pairs: [string, unknown, unknown][] = [
    ['ids', tokenizer.encode(entry.text), entry.ids],
    ['ids_with_bos', tokenizer.encode(entry.text, { bos: true }), entry.ids_with_bos],
    ['decoded', tokenizer.decode(entry.ids, { skipSpecial: false }), entry.decoded],
    ['decoded_skip_special', tokenizer.decode(entry.ids_with_bos), entry.decoded_skip_special],
  ];
  return pairs.flatMap(([what, got, want]) =>
    JSON.stringify(got) === JSON.stringify(want)
      ? []
      : [`${what} of ${JSON.stringify(entry.text)}: expected ${JSON.stringify(want)}, got ${JSON.stringify(got)}`],
  );
}
