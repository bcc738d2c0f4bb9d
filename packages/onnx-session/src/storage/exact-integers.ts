import { hostTensor, MiniGPT4Error } from '@minigpt4/core';
import { encodeModel, graph, input, parameter, type StoredSource } from '@minigpt4/onnx-graph';
import { Tensor } from 'onnxruntime-node';
import { createEngine } from '../open-engine.js';

/** Inputs and outputs of the product that is tried. */
const size = 64;

/**
 * Tries a product of the largest whole numbers there are: on processors without VNNI the engine adds up two products in
 * 16 bits, where these do not fit.
 *
 * @throws `STORAGE_UNSUPPORTED` on such a processor
 */
export async function requireExactIntegers(): Promise<void> {
  const matrix: StoredSource = {
    kind: 'memory',
    tensor: hostTensor('int8', [size, size], new Int8Array(size * size).fill(127)),
  };
  const scales: StoredSource = {
    kind: 'memory',
    tensor: hostTensor('float32', [size], new Float32Array(size).fill(1)),
  };
  const weight = { kind: 'integer', parts: [{ rows: matrix, columns: matrix }], scales } as const;
  const x = input('x', 'float32', ['rows', size]);
  const y = x.fusedMatmul(parameter('weight', [size, size]), { transposeB: true });
  const engine = await createEngine(encodeModel(graph({ y }), new Map([['weight', weight]])), {});
  const results = await engine.run({ x: new Tensor('float32', new Float32Array(size).fill(1), [1, size]) });
  const sums = results['y']!.data as Float32Array;
  await engine.release();
  const expected = 127 * size;
  const wrong = sums.find(sum => Math.abs(sum - expected) > 1);
  if (wrong === undefined) return;
  throw new MiniGPT4Error(
    'STORAGE_UNSUPPORTED',
    `createSession: this processor multiplies 8-bit numbers inexactly, expected a sum of ${expected}, got ${wrong}. Use storage "float16".`,
  );
}
