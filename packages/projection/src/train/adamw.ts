import { MiniGPT4Error } from '@minigpt4/core';
import * as tf from '@tensorflow/tfjs';
import { type ProjectionWeights, projectionWidths } from '../weights.js';
import { toHost, toVariable, zerosLike } from './tensors.js';
import type { TrainableParameter, TrainableProjection } from './trainable-projection.js';

/** Settings of the optimiser; the defaults are the original's. */
export interface AdamWOptions {
  /** Decay of the weight per step, times the learning rate; the bias never decays. Defaults to 0.05. */
  readonly weightDecay?: number;
  /** Memory of the mean gradient. Defaults to 0.9. */
  readonly beta1?: number;
  /** Memory of the mean squared gradient. Defaults to 0.999. */
  readonly beta2?: number;
  /** Added to the root of the mean squared gradient. Defaults to 1e-8. */
  readonly epsilon?: number;
  /** Gradients with a longer global norm are shortened to it. Defaults to no clipping, as in the original. */
  readonly maxGradientNorm?: number;
}

/** All the optimiser remembers: a run that restores it together with the weights goes on bit for bit. */
export interface AdamWState {
  /** Steps applied so far. */
  readonly step: number;
  /** Running mean of the gradients, in the shapes of the parameters. */
  readonly firstMoments: ProjectionWeights;
  /** Running mean of the squared gradients, in the shapes of the parameters. */
  readonly secondMoments: ProjectionWeights;
}

/** What one step saw and did. */
export interface AdamWStep {
  /** Euclidean norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
  /** False when the gradients were not finite: the step was skipped and nothing but the gradients changed. */
  readonly applied: boolean;
}

interface Group extends TrainableParameter {
  readonly decay: number;
  readonly firstMoment: tf.Variable;
  readonly secondMoment: tf.Variable;
}

/**
 * AdamW with decoupled weight decay, in PyTorch's order of operations, over one projection's two parameters. Starts
 * with empty moments or from a saved `state`, which is copied.
 * @throws `SHAPE_MISMATCH` when `state` is that of a projection with other widths.
 */
export class AdamW {
  readonly #projection: TrainableProjection;
  readonly #options: Required<AdamWOptions>;
  readonly #weight: Group;
  readonly #bias: Group;
  #step: number;

  constructor(projection: TrainableProjection, options: AdamWOptions = {}, state?: AdamWState) {
    const { weightDecay = 0.05, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, maxGradientNorm = Infinity } = options;
    if (state) checkState(projection, state);
    this.#projection = projection;
    this.#options = { weightDecay, beta1, beta2, epsilon, maxGradientNorm };
    this.#weight = group(projection, 'weight', weightDecay, state);
    this.#bias = group(projection, 'bias', 0, state);
    this.#step = state?.step ?? 0;
  }

  /** Moves the parameters by the gradients summed up since the last step, and clears the sums. */
  async step(learningRate: number): Promise<AdamWStep> {
    const gradientNorm = globalNorm(await this.#projection.gradients());
    const applied = Number.isFinite(gradientNorm);
    if (applied) this.#apply(learningRate, clipScale(gradientNorm, this.#options.maxGradientNorm));
    this.#projection.clearGradients();
    return { gradientNorm, applied };
  }

  /** A copy of all the optimiser remembers. */
  async state(): Promise<AdamWState> {
    const moments = async (name: 'firstMoment' | 'secondMoment') => ({
      weight: await toHost(this.#weight[name]),
      bias: await toHost(this.#bias[name]),
    });
    return {
      step: this.#step,
      firstMoments: await moments('firstMoment'),
      secondMoments: await moments('secondMoment'),
    };
  }

  /** Frees the moments; the projection stays. */
  dispose(): void {
    for (const { firstMoment, secondMoment } of [this.#weight, this.#bias]) tf.dispose([firstMoment, secondMoment]);
  }

  #apply(learningRate: number, scale: number): void {
    const { beta1, beta2, epsilon } = this.#options;
    this.#step++;
    const stepSize = learningRate / (1 - beta1 ** this.#step);
    const rootCorrection = Math.sqrt(1 - beta2 ** this.#step);
    for (const { value, gradient, decay, firstMoment, secondMoment } of [this.#weight, this.#bias]) {
      tf.tidy(() => {
        const clipped = scale === 1 ? gradient : gradient.mul(scale);
        firstMoment.assign(firstMoment.add(clipped.sub(firstMoment).mul(1 - beta1)));
        secondMoment.assign(secondMoment.mul(beta2).add(clipped.square().mul(1 - beta2)));
        const root = secondMoment.sqrt().div(rootCorrection).add(epsilon);
        const decayed = value.mul(1 - learningRate * decay);
        value.assign(decayed.sub(firstMoment.div(root).mul(stepSize)));
      });
    }
  }
}

function group(projection: TrainableProjection, name: 'weight' | 'bias', decay: number, state?: AdamWState): Group {
  const parameter = projection[name];
  const moment = (saved?: ProjectionWeights) => (saved ? toVariable(saved[name]) : zerosLike(parameter.value));
  const firstMoment = moment(state?.firstMoments);
  return { ...parameter, decay, firstMoment, secondMoment: moment(state?.secondMoments) };
}

function checkState(
  { inputWidth, outputWidth }: TrainableProjection,
  { firstMoments, secondMoments }: AdamWState,
): void {
  for (const moments of [firstMoments, secondMoments]) {
    const [input, output] = projectionWidths('AdamW state', moments);
    if (input === inputWidth && output === outputWidth) continue;
    throw new MiniGPT4Error(
      'SHAPE_MISMATCH',
      `AdamW: state of another projection, expected moments [${outputWidth},${inputWidth}], got [${output},${input}]. ` +
        'Resume with the projection that was saved beside it.',
    );
  }
}

// summed in float64 on the host: a float32 sum over millions of squares loses the small ones
function globalNorm({ weight, bias }: ProjectionWeights): number {
  let sum = 0;
  for (const tensor of [weight, bias]) {
    for (const value of tensor.data) sum += value * value;
  }
  return Math.sqrt(sum);
}

// as torch.nn.utils.clip_grad_norm_
function clipScale(norm: number, longest: number): number {
  return Math.min(1, longest / (norm + 1e-6));
}
