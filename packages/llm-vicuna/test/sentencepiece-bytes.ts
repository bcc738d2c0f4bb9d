/** A value of a protobuf message: a truth value or an integer, a single-precision number, or bytes, text or a message. */
export type WireValue = boolean | number | { readonly float: number } | Uint8Array | string;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

function field(number: number, value: WireValue): Buffer {
  if (typeof value === 'number' || typeof value === 'boolean')
    return Buffer.from([...varint(number * 8), ...varint(Number(value))]);
  if (typeof value === 'object' && 'float' in value) {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value.float);
    return Buffer.concat([Buffer.from(varint(number * 8 + 5)), bytes]);
  }
  const bytes = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

/** A protobuf message of fields by number. */
export function message(fields: readonly (readonly [number, WireValue])[]): Buffer {
  return Buffer.concat(fields.map(([number, value]) => field(number, value)));
}

/** A piece of a model to write; the numbers of its type are sentencepiece's. */
export interface WrittenPiece {
  readonly text: string;
  readonly score?: number;
  readonly type?: number;
}

/** A `tokenizer.model` of given pieces; `trainer` and `normalizer` are fields by number. */
export function sentencePieceBytes(
  pieces: readonly WrittenPiece[],
  trainer: readonly (readonly [number, WireValue])[] = [],
  normalizer: readonly (readonly [number, WireValue])[] = [],
): Buffer {
  const written = pieces.map(
    ({ text, score = 0, type = 1 }) =>
      [
        1,
        message([
          [1, text],
          [2, { float: score }],
          [3, type],
        ]),
      ] as const,
  );
  return message([...written, [2, message(trainer)], [3, message(normalizer)]]);
}

/** What is used of a `tokenizer.json`. */
export interface JsonVocabulary {
  readonly model: { readonly vocab: Readonly<Record<string, number>>; readonly merges: readonly string[] };
}

const controls = new Map([
  ['<unk>', 2],
  ['<s>', 3],
  ['</s>', 3],
]);

/** The `tokenizer.model` that belongs to a `tokenizer.json` of LLaMA's kind: what is merged earlier has the larger score. */
export function llamaModelBytes({ model }: JsonVocabulary): Buffer {
  const ranks = new Map<string, number>();
  for (const [rank, merge] of model.merges.entries()) {
    const piece = merge.replace(' ', '');
    if (!ranks.has(piece)) ranks.set(piece, rank);
  }
  const texts = Object.keys(model.vocab).sort((a, b) => model.vocab[a]! - model.vocab[b]!);
  const pieces = texts.map(text => {
    const type = controls.get(text) ?? (/^<0x[0-9A-F]{2}>$/.test(text) ? 6 : 1);
    return { text, score: -(ranks.get(text) ?? model.merges.length), type };
  });
  return sentencePieceBytes(
    pieces,
    [
      [3, 2],
      [35, true],
    ],
    [[4, false]],
  );
}
