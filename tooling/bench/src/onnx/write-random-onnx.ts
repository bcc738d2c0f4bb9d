import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { random } from '@minigpt4/core';
import type { LlamaConfig } from '@minigpt4/llm-vicuna';
import { llamaConfigJson } from '../checkpoints/config-json.js';
import { Noise } from '../checkpoints/noise.js';
import { OnnxFile } from './onnx-file.js';

/** Numbers that share a scale. */
const block = 32;

/** A block's scale, with which its numbers are about as large as trained weights. */
const scale = 0.0043;

/**
 * Writes a LLaMA of random weights as transformers.js loads it with `dtype: 'q4'`: a graph of the kind that the hub's
 * models have (4-bit products, grouped-query attention with rotary positions and skip norms in one node each), float32
 * embeddings, beside a `config.json`. The names of dimensions are the hub's: transformers.js makes its empty cache by them.
 */
export async function writeRandomOnnx(directory: string, config: LlamaConfig): Promise<void> {
  await mkdir(join(directory, 'onnx'), { recursive: true });
  const path = join(directory, 'onnx', 'model_q4.onnx');
  const file = await OnnxFile.create(`${path}_data`);
  await new LlamaWriter(file, config).write();
  await writeFile(path, await file.finish());
  const json = { ...llamaConfigJson(config), 'transformers.js_config': { use_external_data_format: true } };
  await writeFile(join(directory, 'config.json'), JSON.stringify(json));
}

class LlamaWriter {
  readonly #noise = new Noise();
  readonly #integers: Buffer;
  #position = 0;

  constructor(
    private readonly file: OnnxFile,
    private readonly config: LlamaConfig,
  ) {
    const { integer } = random(7);
    this.#integers = Buffer.from(Uint8Array.from({ length: 1_048_573 }, () => integer(256)));
  }

  async write(): Promise<void> {
    const { file, config } = this;
    const { width, layers, vocabularySize } = config;
    const ids = file.input('input_ids', 'int64', ['batch_size', 'sequence_length']);
    const shared = await this.#attentionInputs();
    const embeddings = this.#noise.next('float32', vocabularySize * width)();
    const table = await file.weight('embed', 'float32', [vocabularySize, width], [bytes(embeddings)]);
    let skip = file.node('Gather', [table, ids], ['embedded']);
    let x = file.node('SimplifiedLayerNormalization', [skip, await this.#scale('norm.0')], ['norm.0.out'], {
      epsilon: [config.rmsNormEpsilon],
    });
    for (let layer = 0; layer < layers; layer++) {
      const attended = await this.#attention(x, layer, shared);
      [x, skip] = await this.#skipNorm(attended, skip, `layer.${layer}.middle`);
      [x, skip] = await this.#skipNorm(await this.#feedForward(x, layer), skip, `layer.${layer}.end`);
    }
    await this.#product(x, 'logits', [vocabularySize, width]);
    file.output('logits', 'float32', ['batch_size', 'sequence_length', vocabularySize]);
  }

  /** Lengths from the mask, and rotations: what every layer's attention takes last. */
  async #attentionInputs(): Promise<string[]> {
    const { file, config } = this;
    const { headSize, maxPositions, ropeTheta } = config;
    const mask = file.input('attention_mask', 'int64', ['batch_size', 'total_sequence_length']);
    const one = file.constant('one', 'int64', [1], BigInt64Array.of(1n));
    const sum = file.node('ReduceSum', [mask, one], ['mask.sum'], { keepdims: 1 });
    const lengths = file.node('Cast', [file.node('Sub', [sum, one], ['mask.last'])], ['lengths'], { to: 6 });
    const shape = file.node('Shape', [mask], ['mask.shape']);
    const index = file.constant('index', 'int64', [], BigInt64Array.of(1n));
    const total = file.node('Cast', [file.node('Gather', [shape, index], ['mask.total'])], ['total'], { to: 6 });
    const half = headSize / 2;
    const angle = (i: number) => Math.floor(i / half) * ropeTheta ** (-(i % half) / half);
    const table = (name: string, of: (angle: number) => number) => {
      const values = Float32Array.from({ length: maxPositions * half }, (_, i) => of(angle(i)));
      return file.weight(name, 'float32', [maxPositions, half], [bytes(values)]);
    };
    return [lengths, total, await table('cos', Math.cos), await table('sin', Math.sin)];
  }

  async #attention(x: string, layer: number, shared: readonly string[]): Promise<string> {
    const { file, config } = this;
    const { width, heads, kvHeads, headSize } = config;
    const at = (name: string) => `layer.${layer}.${name}`;
    const cache = ['key', 'value'].map(kind => {
      file.output(`present.${layer}.${kind}`, 'float32', ['batch_size', kvHeads, 'total_sequence_length', headSize]);
      return file.input(`past_key_values.${layer}.${kind}`, 'float32', [
        'batch_size',
        kvHeads,
        'past_sequence_length',
        headSize,
      ]);
    });
    const inputs = [
      await this.#product(x, at('q'), [heads * headSize, width]),
      await this.#product(x, at('k'), [kvHeads * headSize, width]),
      await this.#product(x, at('v'), [kvHeads * headSize, width]),
    ];
    const attended = file.node(
      'com.microsoft.GroupQueryAttention',
      [...inputs, ...cache, ...shared],
      [at('attended'), `present.${layer}.key`, `present.${layer}.value`],
      { num_heads: heads, kv_num_heads: kvHeads, do_rotary: 1 },
    );
    return this.#product(attended, at('o'), [width, heads * headSize]);
  }

  async #feedForward(x: string, layer: number): Promise<string> {
    const { file, config } = this;
    const { width, intermediateWidth } = config;
    const at = (name: string) => `layer.${layer}.${name}`;
    const gate = await this.#product(x, at('gate'), [intermediateWidth, width]);
    const up = await this.#product(x, at('up'), [intermediateWidth, width]);
    const silu = file.node('Mul', [gate, file.node('Sigmoid', [gate], [at('sigmoid')])], [at('silu')]);
    return this.#product(file.node('Mul', [silu, up], [at('inner')]), at('down'), [width, intermediateWidth]);
  }

  /** The norm of a sum, and the sum. */
  async #skipNorm(x: string, skip: string, name: string): Promise<[string, string]> {
    const outputs = [`${name}.norm`, '', '', `${name}.sum`];
    const inputs = [x, skip, await this.#scale(name)];
    const norm = this.file.node('com.microsoft.SkipSimplifiedLayerNormalization', inputs, outputs, {
      epsilon: [this.config.rmsNormEpsilon],
    });
    return [norm, outputs[3]!];
  }

  #scale(name: string): Promise<string> {
    const ones = new Float32Array(this.config.width).fill(1);
    return this.file.weight(`${name}.scale`, 'float32', [this.config.width], [bytes(ones)]);
  }

  /** So many bytes of the noise, from where the last ones ended. */
  *#repeated(length: number): Generator<Uint8Array> {
    for (let left = length; left > 0; ) {
      const piece = this.#integers.subarray(this.#position, this.#position + left);
      left -= piece.length;
      this.#position = (this.#position + piece.length) % this.#integers.length;
      yield piece;
    }
  }

  /** A product with a matrix (outputs, inputs) of 4-bit numbers. */
  async #product(x: string, name: string, [outputs, inputs]: readonly [number, number]): Promise<string> {
    const blocks = inputs / block;
    const packed = outputs * blocks * (block / 2);
    const weights = await this.file.weight(`${name}.b`, 'uint8', [outputs, blocks, block / 2], this.#repeated(packed));
    const scales = bytes(new Float32Array(outputs * blocks).fill(scale));
    const scaleName = await this.file.weight(`${name}.scales`, 'float32', [outputs * blocks], [scales]);
    const attributes = { K: inputs, N: outputs, bits: 4, block_size: block, accuracy_level: 4 };
    return this.file.node('com.microsoft.MatMulNBits', [x, weights, scaleName], [name], attributes);
  }
}

function bytes({ buffer, byteOffset, byteLength }: NodeJS.ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
