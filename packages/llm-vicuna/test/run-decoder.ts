import { asFloat32, hostTensor, type HostTensor } from '@minigpt4/core';
import { Params } from '@minigpt4/nn';
import { graph, input } from '@minigpt4/onnx-graph';
import { createSession } from '@minigpt4/onnx-session';
import type { LlamaConfig } from '../src/config.js';
import type { KVCache } from '../src/kv-cache.js';
import { decoderStep, llama } from '../src/llama.js';

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, HostTensor>>;

const masked = -3.4028234663852886e38;

/** Positions from `start` on for every row, (batch, tokens). */
export function positionIds(batch: number, tokens: number, start = 0): HostTensor<'int64'> {
  return hostTensor(
    'int64',
    [batch, tokens],
    BigInt64Array.from({ length: batch * tokens }, (_, i) => BigInt(start + (i % tokens))),
  );
}

/** Hides, of `past + tokens` keys, the first `hidden` ones and those after the query's own: (batch, 1, tokens, past + tokens). */
export function causalBias(
  [batch, tokens]: readonly [number, number],
  { past = 0, hidden = 0 }: { past?: number; hidden?: number } = {},
): HostTensor<'float32'> {
  const keys = past + tokens;
  const sees = (query: number, key: number) => key >= hidden && key <= past + query;
  const data = Float32Array.from({ length: batch * tokens * keys }, (_, i) =>
    sees(Math.floor(i / keys) % tokens, i % keys) ? 0 : masked,
  );
  return hostTensor('float32', [batch, 1, tokens, keys], data);
}

/** Logits of every position, computed at once and without a cache: (batch, tokens, width) to (batch, tokens, vocabulary). */
export async function allLogits(
  config: LlamaConfig,
  weights: NamedTensors,
  embeddings: HostTensor,
): Promise<Float32Array> {
  const model = llama(Params.root(), config);
  const { hidden } = model.decode(input('inputs_embeds', 'float32', ['batch', 'tokens', config.width]), {
    positionIds: input('position_ids', 'int64', ['batch', 'tokens']),
    attentionBias: input('attention_bias', 'float32', ['batch', 1, 'tokens', 'tokens']),
  });
  await using session = await createSession(graph({ logits: model.head(hidden) }));
  const [batch, tokens] = embeddings.shape as [number, number, number];
  const { logits } = await session.run({
    ...weights,
    inputs_embeds: embeddings,
    position_ids: positionIds(batch, tokens),
    attention_bias: causalBias([batch, tokens]),
  });
  return asFloat32(logits!);
}

/** A decoder with a cache, as generation uses it. */
export interface Stepper extends AsyncDisposable {
  /** Embeddings (batch, tokens, width) behind the cache, to the logits of the last one, (batch, vocabulary). */
  forward(embeddings: HostTensor, cache: KVCache): Promise<Float32Array>;
}

export async function createStepper(config: LlamaConfig, weights: NamedTensors): Promise<Stepper> {
  const session = await createSession(graph(decoderStep(llama(Params.root(), config), config)));
  return {
    async forward(embeddings, cache) {
      const [batch, tokens] = embeddings.shape as [number, number, number];
      const inputs: Record<string, HostTensor> = {
        ...weights,
        inputs_embeds: embeddings,
        position_ids: positionIds(batch, tokens, cache.length),
        attention_bias: causalBias([batch, tokens], { past: 1 + cache.length, hidden: 1 }),
        scored_tokens: hostTensor('int64', [1], BigInt64Array.of(BigInt(tokens - 1))),
      };
      for (let i = 0; i < cache.layers; i++) {
        inputs[`past.${i}.key`] = hostTensor('float32', cache.shape, cache.key(i));
        inputs[`past.${i}.value`] = hostTensor('float32', cache.shape, cache.value(i));
      }
      const results = await session.run(inputs);
      for (let i = 0; i < cache.layers; i++) {
        cache.append(i, asFloat32(results[`present.${i}.key`]!), asFloat32(results[`present.${i}.value`]!), tokens);
      }
      cache.advance(tokens);
      return asFloat32(results.logits!);
    },
    [Symbol.asyncDispose]: () => session.dispose(),
  };
}
