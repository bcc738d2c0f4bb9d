import type { Checkpoint } from '@minigpt4/checkpoint';
import { asFloat32, hostTensor } from '@minigpt4/core';
import { loadTokenizer, type Tokenizer } from '@minigpt4/llm-vicuna';
import { createSession, type Session } from '@minigpt4/onnx-session';
import type { LossFunction } from '@minigpt4/projection/train';
import {
  captionInputs,
  captionLossGraph,
  imageTokens,
  type MiniGPT4Config,
  type ModelDescription,
  SessionLanguageModel,
} from 'minigpt4';
import type { MicroBatch } from '../data/micro-batches.js';

/** The frozen language model as training uses it: losses with their gradients, and answers. */
export class CaptionModel implements AsyncDisposable {
  private constructor(
    readonly config: MiniGPT4Config,
    readonly tokenizer: Tokenizer,
    readonly language: SessionLanguageModel,
    private readonly losses: Session,
  ) {}

  /** @throws `CHECKPOINT_MISMATCH` for missing or mis-shaped weights, and the errors of `loadTokenizer` */
  static async create(
    { config, files }: ModelDescription,
    weights: Checkpoint,
    threads: number,
  ): Promise<CaptionModel> {
    const tokenizer = await loadTokenizer(files.llm);
    const language = await SessionLanguageModel.create(config.llm, weights, { eosIds: [tokenizer.eosId], threads });
    const graph = captionLossGraph(config.llm, imageTokens(config));
    const losses = await createSession(graph, { name: 'caption loss', weights, threads });
    return new CaptionModel(config, tokenizer, language, losses);
  }

  /**
   * The mean loss of a micro-batch and its gradient at the image embeddings, as the projection asks for them.
   * @throws `LABELS_EMPTY` when no position has a target
   */
  async lossOf({ rows }: MicroBatch): Promise<LossFunction> {
    const inputs = await captionInputs(rows, this.language.width, ids => this.language.embed(ids));
    return async projected => {
      const { loss, gradient } = await this.losses.run({ ...inputs, image_embeds: projected });
      return { loss: asFloat32(loss!)[0]!, gradient: hostTensor('float32', gradient!.shape, asFloat32(gradient!)) };
    };
  }

  async dispose(): Promise<void> {
    await Promise.all([this.language.dispose(), this.losses.dispose()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
