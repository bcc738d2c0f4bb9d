import type { Checkpoint } from '@minigpt4/checkpoint';
import { hostTensor, type DType, type HostTensor } from '@minigpt4/core';
import { decoderStep, KVCache, llama, type LanguageModel, type LlamaConfig } from '@minigpt4/llm-vicuna';
import { Params } from '@minigpt4/nn';
import { graph, input, type Graph } from '@minigpt4/onnx-graph';
import { createSession, expectedTensors, weightsOnDisk, type Session } from '@minigpt4/onnx-session';
import type { ComputeOptions } from './image-encoder.js';

/** Positions computed in one run, so that a cancel is felt within one of them. */
const chunkTokens = 128;

/** Added to the score of a position that must not be seen: the most negative float32, as in the original. */
const masked = -3.4028234663852886e38;

/** Options of {@link SessionLanguageModel.create}. */
export interface SessionLanguageModelOptions extends ComputeOptions {
  /** Ids that end an answer. */
  readonly eosIds: readonly number[];
}

/** The two graphs of a language model: `ids` to `embeddings`, and the step of `decoderStep` of `@minigpt4/llm-vicuna`. */
export interface LanguageModelGraphs {
  readonly embedTokens: Graph;
  readonly decoderStep: Graph;
}

/** Builds the graphs that {@link SessionLanguageModel} runs. */
export function languageModelGraphs(config: LlamaConfig, dtype: DType = 'float32'): LanguageModelGraphs {
  const model = llama(Params.root(dtype), config);
  return {
    embedTokens: graph({ embeddings: model.embedTokens(input('ids', 'int64', ['tokens'])).cast('float32') }),
    decoderStep: graph(decoderStep(model, config)),
  };
}

/** A LLaMA run by onnxruntime, with its keys and values kept here and only new rows fetched. */
export class SessionLanguageModel implements LanguageModel {
  readonly width: number;
  readonly vocabularySize: number;

  private constructor(
    private readonly config: LlamaConfig,
    private readonly embedder: Session,
    private readonly decoder: Session,
    readonly eosIds: readonly number[],
  ) {
    this.width = config.width;
    this.vocabularySize = config.vocabularySize;
  }

  /** @throws `CHECKPOINT_MISMATCH` for missing or mis-shaped weights */
  static async create(
    config: LlamaConfig,
    weights: Checkpoint,
    { eosIds, dtype, ...sessionOptions }: SessionLanguageModelOptions,
  ): Promise<SessionLanguageModel> {
    const graphs = languageModelGraphs(config, dtype);
    const names = [graphs.embedTokens, graphs.decoderStep].flatMap(expectedTensors).map(({ name }) => name);
    // once for both graphs, which share the table of embeddings where the head is tied to it
    await using onDisk = await weightsOnDisk(weights, names);
    const options = { weights: onDisk, ...sessionOptions };
    const embedder = await createSession(graphs.embedTokens, { ...options, name: 'word embeddings' });
    const decoder = await createSession(graphs.decoderStep, { ...options, name: 'language model' }).catch(
      async (error: unknown) => {
        await embedder.dispose();
        throw error;
      },
    );
    return new SessionLanguageModel(config, embedder, decoder, eosIds);
  }

  async embed(ids: readonly number[]): Promise<Float32Array> {
    if (ids.length === 0) return new Float32Array(0);
    const { embeddings } = await this.embedder.run({
      ids: hostTensor('int64', [ids.length], BigInt64Array.from(ids, BigInt)),
    });
    return embeddings!.data as Float32Array;
  }

  createCache(batch = 1): KVCache {
    const { layers, kvHeads, headSize } = this.config;
    return new KVCache({ layers, batch, kvHeads, headSize });
  }

  async forward(embeddings: Float32Array, cache: KVCache, signal?: AbortSignal): Promise<Float32Array> {
    const { batch } = cache;
    const tokens = embeddings.length / (batch * this.width);
    let logits: Float32Array = new Float32Array(0);
    for (let start = 0; start < tokens; start += chunkTokens) {
      signal?.throwIfAborted();
      const count = Math.min(chunkTokens, tokens - start);
      logits = await this.step(this.rows(embeddings, { batch, tokens, start, count }), cache, count);
      // the engine blocks while it runs: let timers, signals and sockets have their turn between chunks
      if (start + count < tokens) await new Promise(resolve => setImmediate(resolve));
    }
    return logits;
  }

  async dispose(): Promise<void> {
    await Promise.all([this.embedder.dispose(), this.decoder.dispose()]);
  }

  /** Tokens start … start + count of each row of (batch, tokens, width). */
  private rows(
    embeddings: Float32Array,
    { batch, tokens, start, count }: { batch: number; tokens: number; start: number; count: number },
  ): Float32Array {
    const { width } = this;
    if (batch === 1) return embeddings.subarray(start * width, (start + count) * width);
    const out = new Float32Array(batch * count * width);
    for (let row = 0; row < batch; row++) {
      const from = (row * tokens + start) * width;
      out.set(embeddings.subarray(from, from + count * width), row * count * width);
    }
    return out;
  }

  private async step(embeddings: Float32Array, cache: KVCache, tokens: number): Promise<Float32Array> {
    const { batch, length, shape } = cache;
    const positions = BigInt64Array.from({ length: batch * tokens }, (_, i) => BigInt(length + (i % tokens)));
    const inputs: Record<string, HostTensor> = {
      inputs_embeds: hostTensor('float32', [batch, tokens, this.width], embeddings),
      position_ids: hostTensor('int64', [batch, tokens], positions),
      attention_bias: causalBias(batch, tokens, length),
    };
    for (let layer = 0; layer < this.config.layers; layer++) {
      inputs[`past.${layer}.key`] = { dtype: 'float32', shape, data: cache.key(layer) };
      inputs[`past.${layer}.value`] = { dtype: 'float32', shape, data: cache.value(layer) };
    }
    const results = await this.decoder.run(inputs);
    for (let layer = 0; layer < this.config.layers; layer++) {
      const [key, value] = [results[`present.${layer}.key`]!, results[`present.${layer}.value`]!];
      cache.append(layer, key.data as Float32Array, value.data as Float32Array, tokens);
    }
    cache.advance(tokens);
    return results.logits!.data as Float32Array;
  }
}

/** (batch, 1, tokens, 1 + length + tokens): hides the cache's reserved first row and, of the new tokens, later ones. */
function causalBias(batch: number, tokens: number, length: number): HostTensor {
  const keys = 1 + length + tokens;
  const data = new Float32Array(batch * tokens * keys);
  for (let row = 0; row < batch * tokens; row++) {
    data[row * keys] = masked;
    data.fill(masked, row * keys + 2 + length + (row % tokens), (row + 1) * keys);
  }
  return hostTensor('float32', [batch, 1, tokens, keys], data);
}
