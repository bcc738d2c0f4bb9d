import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { asFloat32, hostTensor, MiniGPT4Error } from '@minigpt4/core';
import { generate, llama, type Tokenizer } from '@minigpt4/llm-vicuna';
import { Params } from '@minigpt4/nn';
import { graph, input, type Graph } from '@minigpt4/onnx-graph';
import { createSession, type Session } from '@minigpt4/onnx-session';
import { loadLanguageModel, openLanguageWeights, type LoadedLanguageModel } from 'minigpt4/language';
import { readJsonFile, withTensors } from './nano-model.js';
import { largestMagnitude, type Report } from './report.js';

/** Largest difference of logits and hidden states, of their largest magnitude; of the mean cross-entropy, in nats. */
const tolerances = { relative: 1e-3, crossEntropy: 1e-4 };

type Messages = Parameters<NonNullable<LoadedLanguageModel['renderChat']>>[0];

interface TokenCase {
  readonly text: string;
  readonly ids: readonly number[];
  readonly decoded: string;
  readonly decoded_skip_special: string;
}

interface TokenCases {
  readonly vocab_size: number;
  readonly missing_bytes?: readonly number[];
  readonly cases: readonly TokenCase[];
}

interface LogitsGolden {
  readonly prompts: readonly {
    readonly name: string;
    readonly messages: Messages;
    readonly text: string;
    readonly ids: readonly number[];
  }[];
  readonly text: { readonly text: string; readonly ids: readonly number[]; readonly mean_cross_entropy: number };
}

interface GreedyGolden {
  readonly max_new_tokens: number;
  readonly eos_id: number;
  readonly cases: readonly {
    readonly name: string;
    readonly messages: Messages;
    readonly prompt_ids: readonly number[];
    readonly new_ids: readonly number[];
    readonly finish: string;
    readonly text: string;
  }[];
}

/** A language model from a GGUF file, run in float32: strings, chats, every layer's last position, losses, greedy answers. */
export async function languageGolden(directory: string, report: Report): Promise<void> {
  const path = await modelPath(directory);
  const language = await loadLanguageModel(path);
  await compareTokens(directory, language.tokenizer, report);
  await compareGreedy(directory, language, report);
  await language.model.dispose();
  await using weights = await openLanguageWeights(path, language.config);
  const session = await createSession(activationsGraph(language), { name: 'activations', weights });
  await compareLogits({ directory, language, session }, report);
  await session.dispose();
}

/** The file that the README of the directory names, relative to it. @throws `GOLDEN_UNKNOWN` when it names none */
async function modelPath(directory: string): Promise<string> {
  const readme = await readFile(join(directory, 'README.md'), 'utf8').catch(() => '');
  const path = /`([^`\s]+\.gguf)`/.exec(readme)?.[1];
  if (path !== undefined) return resolve(directory, path);
  throw new MiniGPT4Error(
    'GOLDEN_UNKNOWN',
    `golden: no model, expected README.md in "${directory}" to name a .gguf file, got none. Add its path, relative to the directory.`,
  );
}

async function compareTokens(directory: string, tokenizer: Tokenizer, report: Report): Promise<void> {
  const { vocab_size, missing_bytes, cases } = await readJsonFile<TokenCases>(directory, 'tokens.json');
  report.equal('vocab_size', [tokenizer.vocabularySize], [vocab_size]);
  if (missing_bytes !== undefined) report.equal('missing_bytes', bytesWithoutPiece(tokenizer), missing_bytes);
  const parts: readonly [string, (entry: TokenCase) => unknown, (entry: TokenCase) => unknown][] = [
    ['ids', ({ text }) => tokenizer.encode(text), ({ ids }) => ids],
    ['decoded', ({ ids }) => tokenizer.decode(ids, { skipSpecial: false }), ({ decoded }) => decoded],
    ['decoded_skip_special', ({ ids }) => tokenizer.decode(ids), entry => entry.decoded_skip_special],
  ];
  for (const [name, got, want] of parts) {
    const wrong = cases.find(entry => JSON.stringify(got(entry)) !== JSON.stringify(want(entry)));
    const detail =
      wrong &&
      `expected ${JSON.stringify(want(wrong))}, got ${JSON.stringify(got(wrong))} for ${JSON.stringify(wrong.text)}`;
    report.add(`tokens ${name}`, wrong === undefined, detail ?? `${cases.length} strings equal`);
  }
}

/** Bytes that byte-level BPE has no piece for: visible characters of Latin-1 stand for themselves, the rest follow from U+0100 on. */
function bytesWithoutPiece(tokenizer: Tokenizer): number[] {
  const visible = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let hidden = 256;
  const letters = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(visible(byte) ? byte : hidden++));
  return [...letters.keys()].filter(byte => tokenizer.tokenId(letters[byte]!) === undefined);
}

function sameText(name: string, actual: string | undefined, expected: string, report: Report): void {
  const equal = actual === expected;
  const detail = equal
    ? `${expected.length} characters equal`
    : `expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`;
  report.add(name, equal, detail);
}

/** `ids` (1, tokens) to logits of every position, and every hidden state of the last one: embeddings, then each layer. */
function activationsGraph({ config }: LoadedLanguageModel): Graph {
  const model = llama(Params.root(), config);
  const embeddings = model.embedTokens(input('ids', 'int64', [1, 'tokens']));
  const { hidden, layers } = model.decode(embeddings, {
    positionIds: input('position_ids', 'int64', [1, 'tokens']),
    attentionBias: input('attention_bias', 'float32', [1, 1, 'tokens', 'tokens']),
  });
  // the last layer's state is compared behind the final norm
  const states = [embeddings, ...layers.slice(0, -1), hidden].map(state => state.slice(-1, 2 ** 31, 1));
  return graph({ logits: model.head(hidden), hidden: states[0]!.concat(states.slice(1), 1) });
}

async function run(session: Session, ids: readonly number[]): Promise<{ logits: Float32Array; hidden: Float32Array }> {
  const tokens = ids.length;
  const integers = (values: readonly number[]) => hostTensor('int64', [1, tokens], BigInt64Array.from(values, BigInt));
  const bias = Float32Array.from({ length: tokens * tokens }, (_, i) => (i % tokens > i / tokens ? -3e38 : 0));
  const results = await session.run({
    ids: integers(ids),
    position_ids: integers(ids.map((_, i) => i)),
    attention_bias: hostTensor('float32', [1, 1, tokens, tokens], bias),
  });
  return { logits: asFloat32(results.logits!), hidden: asFloat32(results.hidden!) };
}

interface Comparison {
  readonly directory: string;
  readonly language: LoadedLanguageModel;
  readonly session: Session;
}

async function compareLogits({ directory, language, session }: Comparison, report: Report): Promise<void> {
  const { tokenizer, renderChat, config } = language;
  const { prompts, text } = await readJsonFile<LogitsGolden>(directory, 'logits.json');
  await withTensors(directory, 'logits.safetensors', async tensors => {
    const close = async (name: string, actual: Float32Array) => {
      const expected = asFloat32(await tensors.read(name));
      report.close(name, actual, expected, tolerances.relative * largestMagnitude(expected));
    };
    for (const prompt of prompts) {
      sameText(`${prompt.name} text`, renderChat?.(prompt.messages), prompt.text, report);
      report.equal(`${prompt.name} ids`, tokenizer.encode(prompt.text), prompt.ids);
      const { logits, hidden } = await run(session, prompt.ids);
      await close(`${prompt.name}.logits`, logits.slice(-config.vocabularySize));
      await close(`${prompt.name}.hidden`, hidden);
    }
    report.equal('text ids', tokenizer.encode(text.text), text.ids);
    const losses = nextTokenLosses((await run(session, text.ids)).logits, text.ids);
    await close('text.nll', losses);
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    report.close('text mean cross-entropy', [mean], [text.mean_cross_entropy], tolerances.crossEntropy);
  });
}

/** Natural logarithm of one over the probability of each token but the first. */
function nextTokenLosses(logits: Float32Array, ids: readonly number[]): Float32Array {
  const vocabulary = logits.length / ids.length;
  return Float32Array.from(ids.slice(1), (id, i) => {
    const row = logits.subarray(i * vocabulary, (i + 1) * vocabulary);
    const highest = row.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
    const sum = row.reduce((total, score) => total + Math.exp(score - highest), 0);
    return Math.log(sum) + highest - row[id]!;
  });
}

async function compareGreedy(directory: string, language: LoadedLanguageModel, report: Report): Promise<void> {
  const { model, tokenizer, renderChat } = language;
  const golden = await readJsonFile<GreedyGolden>(directory, 'greedy.json');
  for (const { name, messages, prompt_ids: prompt, new_ids: expected, finish, text } of golden.cases) {
    report.equal(`greedy.${name} prompt`, tokenizer.encode(renderChat?.(messages) ?? ''), prompt);
    const options = { maxNewTokens: golden.max_new_tokens, eosIds: [golden.eos_id] };
    const tokens = generate(model, await model.embed(prompt), options);
    let next = await tokens.next();
    while (next.done !== true) next = await tokens.next();
    const { ids, finishReason } = next.value;
    report.equal(`greedy.${name}`, ids, expected);
    sameText(`greedy.${name} text`, tokenizer.decode(ids), text, report);
    sameText(`greedy.${name} finish`, finishReason === 'length' ? 'length' : 'eos', finish, report);
  }
}
