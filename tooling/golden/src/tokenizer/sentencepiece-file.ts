import { MiniGPT4Error } from '@minigpt4/core';

/** What is used of a `tokenizer.json` of LLaMA's kind. */
interface LlamaTokenizerFile {
  readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly string[] };
}

const controlTypes = new Map([
  ['<unk>', 2],
  ['<s>', 3],
  ['</s>', 3],
]);

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

const integer = (field: number, value: number) => Buffer.concat([varint(8 * field), varint(value)]);
const bytes = (field: number, value: Buffer) => Buffer.concat([varint(8 * field + 2), varint(value.length), value]);

function float(field: number, value: number): Buffer {
  const written = Buffer.alloc(4);
  written.writeFloatLE(value);
  return Buffer.concat([varint(8 * field + 5), written]);
}

/**
 * LLaMA's `tokenizer.model`, rebuilt from its `tokenizer.json`: the pieces in their order, each with a score that falls
 * with the rank of its first merge, byte-pair encoding with byte fallback, and spaces left as they are.
 *
 * @throws `GOLDEN_UNKNOWN` when the merges are not written as in that file
 */
export function llamaSentencePieceFile(json: unknown): Buffer {
  const { model } = json as LlamaTokenizerFile;
  const ranks = new Map<string, number>();
  for (const [rank, merge] of model.merges.entries()) {
    if (typeof merge !== 'string') {
      throw new MiniGPT4Error(
        'GOLDEN_UNKNOWN',
        'golden: bad tokenizer.json, expected merges as texts, got another kind. Use the one of the directory.',
      );
    }
    const piece = merge.replace(' ', '');
    if (!ranks.has(piece)) ranks.set(piece, rank);
  }
  const texts = Object.keys(model.vocab).sort((a, b) => model.vocab[a]! - model.vocab[b]!);
  const pieces = texts.map(text => {
    const type = controlTypes.get(text) ?? (/^<0x[0-9A-F]{2}>$/.test(text) ? 6 : 1);
    const score = -(ranks.get(text) ?? model.merges.length);
    return bytes(1, Buffer.concat([bytes(1, Buffer.from(text)), float(2, score), integer(3, type)]));
  });
  const trainer = bytes(2, Buffer.concat([integer(3, 2), integer(35, 1)]));
  return Buffer.concat([...pieces, trainer, bytes(3, integer(4, 0))]);
}
