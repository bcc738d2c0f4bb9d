import type { Checkpoint } from '@minigpt4/checkpoint';
import { asFloat32, hostTensor } from '@minigpt4/core';
import type { Tokenizer } from '@minigpt4/llm-vicuna';
import {
  createSession,
  expectedTensors,
  type Session,
  type WeightStorage,
  weightsOnDisk,
} from '@minigpt4/onnx-session';
import type { Graph } from '@minigpt4/onnx-graph';
import type { LossFunction } from '@minigpt4/projection/train';
import {
  captionInputs,
  captionLossGraph,
  imageTokens,
  languageModelGraphs,
  type MiniGPT4Config,
  type ModelDescription,
  SessionLanguageModel,
} from 'minigpt4';
import { loadLanguageTokenizer, type PromptFormat, readChatTemplate, renderedFormat } from 'minigpt4/language';
import type { MicroBatch } from '../data/micro-batches.js';

/** How {@link CaptionModel} computes. */
export interface CaptionModelOptions {
  /** Threads inside one operation. */
  readonly threads: number;
  /** How losses hold the matrices; answers and word embeddings are computed as stored. */
  readonly storage: WeightStorage;
}

interface CaptionModelParts extends Pick<CaptionModel, 'config' | 'tokenizer' | 'language' | 'format'> {
  readonly losses: Session;
}

/** The frozen language model as training uses it: losses with their gradients, and answers. */
export class CaptionModel implements AsyncDisposable {
  readonly config: MiniGPT4Config;
  readonly tokenizer: Tokenizer;
  readonly language: SessionLanguageModel;
  /** How the language model's own chat template writes questions; absent where it has none. */
  readonly format: PromptFormat | undefined;
  readonly #losses: Session;

  private constructor({ config, tokenizer, language, losses, format }: CaptionModelParts) {
    this.config = config;
    this.tokenizer = tokenizer;
    this.language = language;
    this.format = format;
    this.#losses = losses;
  }

  /** @throws `CHECKPOINT_MISMATCH` for missing or mis-shaped weights, and the errors of `loadLanguageTokenizer` */
  static async create(
    { config, files }: ModelDescription,
    weights: Checkpoint,
    { threads, storage }: CaptionModelOptions,
  ): Promise<CaptionModel> {
    const tokenizer = await loadLanguageTokenizer(files.llm);
    const render = config.template === 'language-model' ? await readChatTemplate(files.llm, tokenizer) : undefined;
    const graph = captionLossGraph(config.llm, imageTokens(config));
    const graphs = [graph, ...Object.values<Graph>({ ...languageModelGraphs(config.llm) })];
    // once for all sessions: packed weights are written out as floats
    await using onDisk = await weightsOnDisk(
      weights,
      graphs.flatMap(expectedTensors).map(({ name }) => name),
    );
    const language = await SessionLanguageModel.create(config.llm, onDisk, { eosIds: [tokenizer.eosId], threads });
    const losses = await createSession(graph, { name: 'caption loss', weights: onDisk, threads, storage });
    const format = render && renderedFormat(render, tokenizer);
    return new CaptionModel({ config, tokenizer, language, losses, format });
  }

  /**
   * The mean loss of a micro-batch and its gradient at the image embeddings, as the projection asks for them.
   * @throws `LABELS_EMPTY` when no position has a target
   */
  async lossOf({ rows }: MicroBatch): Promise<LossFunction> {
    const inputs = await captionInputs(rows, this.language.width, ids => this.language.embed(ids));
    return async projected => {
      const { loss, gradient } = await this.#losses.run({ ...inputs, image_embeds: projected });
      return { loss: asFloat32(loss!)[0]!, gradient: hostTensor('float32', gradient!.shape, asFloat32(gradient!)) };
    };
  }

  async dispose(): Promise<void> {
    await Promise.all([this.language.dispose(), this.#losses.dispose()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
