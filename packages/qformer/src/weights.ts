/** Tensors of a BLIP-2 checkpoint that MiniGPT-4 leaves unused: text embeddings, text feed-forward, heads. */
export const unusedQFormerWeights: readonly RegExp[] = [
  /^t5_proj\./,
  /^Qformer\.cls\./,
  /^Qformer\.bert\.embeddings\.(position_ids|word_embeddings|position_embeddings)/,
  /^Qformer\.bert\.encoder\.layer\.\d+\.(intermediate|output)\./,
];

/**
 * The original's name of a tensor of a Hugging Face BLIP-2 checkpoint, for everything that the original's BLIP-2 file
 * holds: queries, Q-Former and `ln_vision`. Undefined for tensors of other parts.
 */
export function renameFromHuggingFace(name: string): string | undefined {
  if (name === 'query_tokens' || name.startsWith('ln_vision.')) return name;
  const norm = /^vision_model\.post_layernorm\.(.*)$/.exec(name)?.[1];
  if (norm !== undefined) return `ln_vision.${norm}`;
  const inside = /^qformer\.(.*)$/.exec(name)?.[1];
  if (inside === undefined) return undefined;
  return `Qformer.bert.${inside
    .replace(/^layernorm\./, 'embeddings.LayerNorm.')
    .replace(/\.attention\.attention\./, '.attention.self.')
    .replace(/\.crossattention\.attention\./, '.crossattention.self.')}`;
}

/** The directory of a checkpoint: its tensors' names and shapes. */
export interface TensorDirectory {
  names(): readonly string[];
  info(name: string): { readonly shape: readonly number[] } | undefined;
}

/** The language model beside which MiniGPT-4's Q-Former was trained; the weights of all others differ. */
export const qformerCompanion = 'FLAN-T5 XXL';

/** Companions by the rows of the layer that leads to them, `t5_proj`, `opt_proj` or `language_projection`. */
const companions: Readonly<Record<'t5' | 'opt', Readonly<Record<number, string>>>> = {
  t5: { 2048: 'FLAN-T5 XL', 4096: qformerCompanion },
  opt: { 2560: 'OPT 2.7B', 4096: 'OPT 6.7B' },
};

/** Tensors that only other trainings of a Q-Former leave behind, under either convention of names. */
const otherTrainings: readonly (readonly [pattern: RegExp, companion: string])[] = [
  [
    /^(itm_head|vision_proj|text_proj|vision_projection|text_projection)\./,
    'no language model (first stage or retrieval)',
  ],
  [
    /^llm_proj\.|^qformer\.embeddings\.word_embeddings|^Qformer\.bert\.embeddings\.word_embeddings/,
    'a text encoder of its own (InstructBLIP or the first stage)',
  ],
];

/**
 * The language model beside which the Q-Former of a BLIP-2 checkpoint was trained, as far as its other tensors tell:
 * `FLAN-T5 XXL` is the one of MiniGPT-4 ({@link qformerCompanion}). Undefined when nothing tells. Values are not looked
 * at, so a checkpoint that was trained further, on COCO for example, looks like the one it came from.
 */
export function readQFormerCompanion(tensors: TensorDirectory): string | undefined {
  const names = tensors.names();
  const other = otherTrainings.find(([pattern]) => names.some(name => pattern.test(name)));
  if (other !== undefined) return other[1];
  const rows = (name: string) => tensors.info(`${name}.weight`)?.shape[0];
  const isOpt = names.some(name => name.startsWith('language_model.model.decoder.'));
  for (const [layer, family] of [
    ['t5_proj', 't5'],
    ['opt_proj', 'opt'],
    ['language_projection', isOpt ? 'opt' : 't5'],
  ] as const) {
    const width = rows(layer);
    if (width !== undefined)
      return companions[family][width] ?? companions.opt[width] ?? `a language model of width ${width}`;
  }
  return isOpt ? 'OPT' : undefined;
}
