import type { Checkpoint } from '@minigpt4/checkpoint';
import type { HostTensor } from '@minigpt4/core';
import type { Graph } from '@minigpt4/onnx-graph';
import { createSession, type NamedTensors, type Session, type SessionOptions } from '@minigpt4/onnx-session';
import type { LanguagePaths } from './language-paths.js';

/** What {@link LanguageDecoders.create} needs beside a graph: the sessions' weights, and their paths. */
export interface LanguageDecodersOptions extends Omit<SessionOptions, 'name' | 'storage'> {
  readonly weights: Checkpoint;
  readonly paths: LanguagePaths;
}

/** The sessions of a decoder's step, one or two of the same graph; each run goes to the one for its number of rows. */
export class LanguageDecoders {
  private constructor(
    private readonly few: Session,
    private readonly many: Session,
    private readonly manyFrom: number,
  ) {}

  /** @throws the errors of `createSession` */
  static async create(graph: Graph, { paths, ...options }: LanguageDecodersOptions): Promise<LanguageDecoders> {
    const { decode, prefill, prefillFrom } = paths;
    const few = await createSession(graph, { ...options, name: 'language model', storage: decode });
    if (decode === prefill) return new LanguageDecoders(few, few, prefillFrom);
    try {
      const many = await createSession(graph, { ...options, name: 'language model, prefill', storage: prefill });
      return new LanguageDecoders(few, many, prefillFrom);
    } catch (error) {
      await few.dispose();
      throw error;
    }
  }

  /** Where the steps are computed. */
  get device(): 'cpu' | 'cuda' {
    return this.few.device;
  }

  /**
   * Runs the step on its inputs, of which `inputs_embeds` (batch, tokens, width) says how many rows there are, and
   * `scored_tokens` whether they are a prompt: where each token is scored, they are answers, which must come out side by
   * side as they do alone.
   */
  run(inputs: NamedTensors): Promise<Record<string, HostTensor>> {
    const [batch = 0, tokens = 0] = inputs['inputs_embeds']?.shape ?? [];
    const isPrompt = tokens > (inputs['scored_tokens']?.shape[0] ?? 0);
    return (isPrompt && batch * tokens >= this.manyFrom ? this.many : this.few).run(inputs);
  }

  async dispose(): Promise<void> {
    await Promise.all([this.few.dispose(), this.many.dispose()]);
  }
}
