import { type HostTensor, hostTensor, MiniGPT4Error, sameShape } from '@minigpt4/core';
import * as tf from '@tensorflow/tfjs';
import { type ProjectionWeights, projectionWidths } from '../weights.js';
import { toHost, toVariable, zerosLike } from './tensors.js';

/** The loss of a projected batch and its gradient, as another runtime computed them. */
export interface OutputLoss {
  /** The loss of the batch. */
  readonly loss: number;
  /** d loss / d projected, in the shape of what was projected. */
  readonly gradient: HostTensor<'float32'>;
}

/** Computes loss and gradient of a projected batch, (batch, queries, output width). */
export type LossFunction = (projected: HostTensor<'float32'>) => Promise<OutputLoss>;

/** A value that is trained, and the sum of its gradients since the last step. */
export interface TrainableParameter {
  readonly value: tf.Variable;
  readonly gradient: tf.Variable;
}

/**
 * The projection as a layer that learns, held by TensorFlow.js on the backend of `chooseBackend`: (batch, queries,
 * input width) to (batch, queries, output width). Starts from `weights`, which are copied.
 * @throws `SHAPE_MISMATCH` when weight and bias do not belong together.
 */
export class TrainableProjection {
  readonly inputWidth: number;
  readonly outputWidth: number;
  /** (output width, input width). */
  readonly weight: TrainableParameter;
  /** (output width). */
  readonly bias: TrainableParameter;

  constructor(weights: ProjectionWeights) {
    [this.inputWidth, this.outputWidth] = projectionWidths('TrainableProjection', weights);
    this.weight = trainable(weights.weight);
    this.bias = trainable(weights.bias);
  }

  /** The projected features, (batch, queries, output width). @throws `SHAPE_MISMATCH` for features of another width. */
  async forward(features: HostTensor<'float32'>): Promise<HostTensor<'float32'>> {
    const rows = this.#rows(features);
    try {
      return await this.#project(rows, features.shape);
    } finally {
      rows.dispose();
    }
  }

  /**
   * Projects `features` (batch, queries, input width), has `lossOf` judge the result and adds the gradients of weight
   * and bias to their sums, times `scale`. Returns the loss, unscaled.
   *
   * The loss runs through the frozen language model in another runtime, asynchronously, while TensorFlow.js records
   * gradients only synchronously. So the three parts follow one another: forward; await loss and d loss / d output;
   * then differentiate a stand-in for the loss, whose value and gradient are the ones just received.
   *
   * Await one call before the next: the order of the sums is part of the result.
   * @param scale weight of this micro-batch, such as 1/n when a step averages n of them. Defaults to 1: the original
   * adds micro-batches undivided.
   * @throws `SHAPE_MISMATCH` for features or a gradient of the wrong shape; whatever `lossOf` throws. The sums are then
   * as before.
   */
  async accumulate(features: HostTensor<'float32'>, lossOf: LossFunction, scale = 1): Promise<number> {
    const rows = this.#rows(features);
    try {
      const projected = await this.#project(rows, features.shape);
      const { loss, gradient } = await lossOf(projected);
      if (!sameShape(gradient.shape, projected.shape)) throw gradientMismatch(gradient, projected);
      this.#addGradients(rows, { loss, gradient }, scale);
      return loss;
    } finally {
      rows.dispose();
    }
  }

  /** The sums of the gradients since the last step. */
  async gradients(): Promise<ProjectionWeights> {
    return { weight: await toHost(this.weight.gradient), bias: await toHost(this.bias.gradient) };
  }

  /** Forgets the gradients, as before the first `accumulate`. */
  clearGradients(): void {
    for (const { gradient } of [this.weight, this.bias]) tf.tidy(() => gradient.assign(tf.zerosLike(gradient)));
  }

  /** The present values, copied. */
  async weights(): Promise<ProjectionWeights> {
    return { weight: await toHost(this.weight.value), bias: await toHost(this.bias.value) };
  }

  /** Frees everything that TensorFlow.js holds for this layer. */
  dispose(): void {
    for (const { value, gradient } of [this.weight, this.bias]) tf.dispose([value, gradient]);
  }

  #rows({ data, shape }: HostTensor<'float32'>): tf.Tensor2D {
    if (shape.at(-1) !== this.inputWidth) {
      throw new MiniGPT4Error(
        'SHAPE_MISMATCH',
        `TrainableProjection: features do not fit, expected [batch,queries,${this.inputWidth}], got [${shape.join(',')}]. ` +
          'Use a projection made for the width of these features.',
      );
    }
    return tf.tensor2d(data, [data.length / this.inputWidth, this.inputWidth], 'float32');
  }

  async #project(rows: tf.Tensor2D, shape: readonly number[]): Promise<HostTensor<'float32'>> {
    const weight = this.weight.value as tf.Tensor2D;
    // transposed apart: matMul with its transpose flags is ten times slower in WebAssembly
    const output = tf.tidy(() => tf.matMul(rows, tf.transpose(weight)).add(this.bias.value));
    try {
      const { data } = await toHost(output);
      return hostTensor('float32', [...shape.slice(0, -1), this.outputWidth], data);
    } finally {
      output.dispose();
    }
  }

  #addGradients(rows: tf.Tensor2D, { loss, gradient }: OutputLoss, scale: number): void {
    tf.tidy(() => {
      const outputGradient = tf.tensor2d(gradient.data, [rows.shape[0], this.outputWidth], 'float32');
      const receivedLoss = tf.customGrad(() => ({
        value: tf.scalar(loss),
        gradFunc: upstream => {
          const scaled = outputGradient.mul<tf.Tensor2D>(upstream);
          return [tf.matMul(tf.transpose(scaled), rows), scaled.sum(0)];
        },
      }));
      const { weight, bias } = this;
      const { grads } = tf.variableGrads(
        () => receivedLoss(weight.value, bias.value).mul(scale),
        [weight.value, bias.value],
      );
      for (const parameter of [weight, bias]) {
        parameter.gradient.assign(parameter.gradient.add(grads[parameter.value.name]!));
      }
    });
  }
}

function trainable(initial: HostTensor<'float32'>): TrainableParameter {
  const value = toVariable(initial);
  return { value, gradient: zerosLike(value) };
}

function gradientMismatch(gradient: HostTensor, projected: HostTensor): MiniGPT4Error {
  const [expected, got] = [projected, gradient].map(({ shape }) => `[${shape.join(',')}]`);
  return new MiniGPT4Error(
    'SHAPE_MISMATCH',
    `TrainableProjection: the loss gradient does not fit, expected ${expected}, got ${got}. Return d loss / d projected.`,
  );
}
