const hex = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

const controls = ['<unk>', '<s>', '</s>'];
const bytes = Array.from({ length: 256 }, (_, byte) => hex(byte));
const characters = Array.from('\u2581#<>/abcdehilmnorstuy.:');
const merges = [
  ['#', '#'],
  ['##', '#'],
  ['\u2581', '###'],
  ['\u2581', 'a'],
  ['\u2581', '\u2581'],
  ['l', 'l'],
  ['\u2581', 'h'],
];
const vocabulary = [...controls, ...bytes, ...characters, ...merges.map(pair => pair.join(''))];

/** A `tokenizer.json` of LLaMA's kind (byte fallback, dummy leading space) that is small enough to read. */
export const toyTokenizerJson = {
  version: '1.0',
  added_tokens: controls.map((content, id) => ({ id, content, special: true, normalized: false })),
  normalizer: {
    type: 'Sequence',
    normalizers: [
      { type: 'Prepend', prepend: '\u2581' },
      { type: 'Replace', pattern: { String: ' ' }, content: '\u2581' },
    ],
  },
  pre_tokenizer: null,
  post_processor: null,
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '\u2581' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
  model: {
    type: 'BPE',
    unk_token: '<unk>',
    fuse_unk: true,
    byte_fallback: true,
    vocab: Object.fromEntries(vocabulary.map((piece, id) => [piece, id])),
    merges: merges.map(pair => pair.join(' ')),
  },
};
