import type { Checkpoint } from '@minigpt4/checkpoint';
import { hostTensor, type DType, type HostTensor } from '@minigpt4/core';
import {
  decoderStep,
  KVCache,
  llama,
  tokenSlice,
  type LanguageModel,
  type LlamaConfig,
  type TokenPlace,
} from '@minigpt4/llm-vicuna';
import { Params } from '@minigpt4/nn';
import { graph, input, productMatrices, type Graph } from '@minigpt4/onnx-graph';
import { createSession, expectedTensors, weightsOnDisk, type Session } from '@minigpt4/onnx-session';
import { causalInputs, placedInputs, type AttentionInputs } from './attention-inputs.js';
import { chunkTokensOf } from './chunk-tokens.js';
import { sessionOptions, type ComputeOptions } from './image-encoder.js';
import { LanguageDecoders } from './language-decoders.js';
import { choosePaths, describePaths, sensitiveMatrices, type LanguagePaths } from './language-paths.js';

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
  readonly chunkTokens: number;
  readonly eosIds: readonly number[];
  /** How its weights are held, and for which runs. Hand it to another load to compute the same to the last digit. */
  readonly paths: LanguagePaths;

  private constructor(
    private readonly config: LlamaConfig,
    private readonly embedder: Session,
    private readonly decoder: LanguageDecoders,
    { eosIds, paths }: Pick<SessionLanguageModel, 'eosIds' | 'paths'>,
  ) {
    this.eosIds = eosIds;
    this.paths = paths;
    this.width = config.width;
    this.vocabularySize = config.vocabularySize;
    this.chunkTokens = chunkTokensOf(config);
  }

  /** @throws `CHECKPOINT_MISMATCH` for missing or mis-shaped weights */
  static async create(
    config: LlamaConfig,
    weights: Checkpoint,
    { eosIds, dtype, quantize, ...options }: SessionLanguageModelOptions,
  ): Promise<SessionLanguageModel> {
    const { embedTokens, decoderStep: step } = languageModelGraphs(config, dtype);
    const paths = await choosePaths(config, { ...options, ...quantize, ...(dtype && { dtype }) });
    const names = [...expectedTensors(embedTokens), ...expectedTensors(step)].map(({ name }) => name);
    // matrices in fewer bits come from a copy of their own
    const copied = new Set([paths.decode, paths.prefill].includes('as stored') ? [] : productMatrices(step));
    const wanted = names.filter(name => embedTokens.parameters.has(name) || !copied.has(name));
    // once for both graphs, which share the table of embeddings where the head is tied to it
    await using onDisk = await weightsOnDisk(weights, wanted);
    const shared = { ...sessionOptions(options), weights: onDisk };
    const embedder = await createSession(embedTokens, { ...shared, device: 'cpu', name: 'word embeddings' });
    const inEightBits = sensitiveMatrices(config);
    const decoding = LanguageDecoders.create(step, { ...shared, paths, inEightBits });
    const decoder = await decoding.catch(async (error: unknown) => {
      await embedder.dispose();
      throw error;
    });
    if (paths.decode !== 'as stored') options.onProgress?.(`language model: ${describePaths(paths)}`);
    return new SessionLanguageModel(config, embedder, decoder, { eosIds, paths });
  }

  /** Where it computes. */
  get device(): 'cpu' | 'cuda' {
    return this.decoder.device;
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
    const { chunkTokens } = this;
    const tokens = embeddings.length / (batch * this.width);
    let logits: Float32Array = new Float32Array(0);
    for (let start = 0; start < tokens; start += chunkTokens) {
      signal?.throwIfAborted();
      const count = Math.min(chunkTokens, tokens - start);
      const rows = tokenSlice(embeddings, this.width, { batch, start, count });
      logits = await this.step(rows, cache, { ...causalInputs(cache, count), scored: [count - 1] });
      // the engine blocks while it runs: let timers, signals and sockets have their turn between chunks
      if (start + count < tokens) await new Promise(resolve => setImmediate(resolve));
    }
    return logits;
  }

  async forwardEach(
    embeddings: Float32Array,
    cache: KVCache,
    places: readonly TokenPlace[],
    signal?: AbortSignal,
  ): Promise<Float32Array> {
    signal?.throwIfAborted();
    return this.step(embeddings, cache, { ...placedInputs(cache, places), scored: [...places.keys()] });
  }

  async dispose(): Promise<void> {
    await Promise.all([this.embedder.dispose(), this.decoder.dispose()]);
  }

  private async step(
    embeddings: Float32Array,
    cache: KVCache,
    { scored, ...attention }: AttentionInputs & { readonly scored: readonly number[] },
  ): Promise<Float32Array> {
    const { batch, shape } = cache;
    const tokens = embeddings.length / (batch * this.width);
    const inputs: Record<string, HostTensor> = {
      inputs_embeds: hostTensor('float32', [batch, tokens, this.width], embeddings),
      scored_tokens: hostTensor('int64', [scored.length], BigInt64Array.from(scored, BigInt)),
      ...attention,
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
