import { asFloat32, hostTensor } from '@minigpt4/core';
import type { Tokenizer } from '@minigpt4/llm-vicuna';
import { createSession, type Session } from '@minigpt4/onnx-session';
import { captionBatch, captionInputs, type CaptionBatch } from './caption-batch.js';
import { captionScoresGraph } from './caption-loss.js';
import { paddingId } from './padding-id.js';
import { imageTokens, type MiniGPT4Config } from '../config.js';
import type { ImageEmbeddings } from '../chat/image-embeddings.js';
import { loadLanguageTokenizer } from '../language/language-files.js';
import type { ModelDescription } from '../model/model-description.js';
import { describeModel } from '../model/model-directory.js';
import { openModelWeights } from '../model/model-weights.js';
import { languageModelGraphs } from '../sessions/session-language-model.js';

/** A caption to be scored as the caption of an image. */
export interface ScoredCaption {
  readonly image: ImageEmbeddings;
  /** Ids of the caption, end symbol included. */
  readonly ids: readonly number[];
}

/** How likely a caption is, given its image. */
export interface CaptionScore {
  /** Natural logarithm of the probability of all its tokens together. */
  readonly logLikelihood: number;
  /** Tokens it is the sum over; those equal to the padding id do not count, as in training. */
  readonly tokens: number;
}

/** Says how likely captions are in the layout of stage 1: begin-of-sequence, image, caption. */
export class CaptionScorer implements AsyncDisposable {
  private constructor(
    readonly config: MiniGPT4Config,
    readonly tokenizer: Tokenizer,
    private readonly embedder: Session,
    private readonly scorer: Session,
  ) {}

  /**
   * Loads the language model of a preset, a directory or a description.
   *
   * @throws the errors of `loadMiniGPT4`
   */
  static async load(
    source: string | ModelDescription,
    options: { readonly threads?: number } = {},
  ): Promise<CaptionScorer> {
    const description = typeof source === 'string' ? await describeModel(source) : source;
    const { config, files } = description;
    const tokenizer = await loadLanguageTokenizer(files.llm);
    await using weights = await openModelWeights(description);
    const shared = { weights, ...options };
    const embedder = await createSession(languageModelGraphs(config.llm).embedTokens, {
      ...shared,
      name: 'word embeddings',
    });
    const graph = captionScoresGraph(config.llm, imageTokens(config));
    const scorer = await createSession(graph, { ...shared, name: 'caption scores' }).catch(async (error: unknown) => {
      await embedder.dispose();
      throw error;
    });
    return new CaptionScorer(config, tokenizer, embedder, scorer);
  }

  /**
   * Scores captions in one run; it takes as much as the longest times their number, so put equally long ones together.
   *
   * @throws `BATCH_EMPTY` without a caption, `LABELS_EMPTY` when no caption has a token to score
   */
  async score(captions: readonly ScoredCaption[]): Promise<CaptionScore[]> {
    const { llm } = this.config;
    const rows = captionBatch({
      before: [this.tokenizer.bosId],
      after: [],
      texts: captions.map(({ ids }) => ids),
      imageTokens: imageTokens(this.config),
      padId: paddingId(this.tokenizer, this.config.endSymbol),
    });
    const images = new Float32Array(rows.batch * rows.imageTokens * llm.width);
    captions.forEach(({ image }, row) => images.set(image.data, row * image.data.length));
    const inputs = await captionInputs(rows, llm.width, ids => this.#embed(ids));
    const { log_likelihoods: found } = await this.scorer.run({
      ...inputs,
      image_embeds: hostTensor('float32', [rows.batch, rows.imageTokens, llm.width], images),
    });
    return sumsOfRows(rows, inputs.target_rows!.data as BigInt64Array, asFloat32(found!));
  }

  /** Frees the engine's memory; may be called again. */
  async dispose(): Promise<void> {
    await Promise.all([this.embedder.dispose(), this.scorer.dispose()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  async #embed(ids: readonly number[]): Promise<Float32Array> {
    const { embeddings } = await this.embedder.run({
      ids: hostTensor('int64', [ids.length], BigInt64Array.from(ids, BigInt)),
    });
    return asFloat32(embeddings!);
  }
}

function sumsOfRows({ batch, tokens }: CaptionBatch, positions: BigInt64Array, found: Float32Array): CaptionScore[] {
  const scores = Array.from({ length: batch }, () => ({ logLikelihood: 0, tokens: 0 }));
  positions.forEach((position, i) => {
    const score = scores[Math.floor(Number(position) / tokens)]!;
    score.logLikelihood += found[i]!;
    score.tokens++;
  });
  return scores;
}
