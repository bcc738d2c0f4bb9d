/** Control tokens of LLaMA's vocabulary, ids 0 to 2. */
const controls = ['<unk>', '<s>', '</s>'];

/** Bytes follow the control tokens, as in LLaMA's vocabulary. */
const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);

/** A vocabulary laid out as LLaMA's: control tokens, bytes, and as many made-up words as are left. */
export function syntheticVocabulary(size: number): string[] {
  const known = [...controls, ...bytes];
  return Array.from({ length: size }, (_, id) => known[id] ?? `\u2581w${id}`);
}

/** GGUF's kinds of tokens in {@link syntheticVocabulary}: unknown, control, byte, normal. */
export function vocabularyKinds(size: number): number[] {
  return Array.from({ length: size }, (_, id) => {
    if (id === 0) return 2;
    if (id < controls.length) return 3;
    return id < controls.length + bytes.length ? 6 : 1;
  });
}

/** A `tokenizer.json` over {@link syntheticVocabulary} that spells every text in bytes. */
export function syntheticTokenizer(size: number): object {
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    version: '1.0',
    added_tokens: controls.map((content, id) => ({ id, content, ...special })),
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] },
    model: {
      type: 'BPE',
      unk_token: controls[0],
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(syntheticVocabulary(size).map((piece, id) => [piece, id])),
      merges: [],
    },
  };
}
