import { type HostTensor, hostTensor } from '@minigpt4/core';
import * as tf from '@tensorflow/tfjs';

/** The values of a tensor in JavaScript memory, copied: some backends hand out the array they compute with. */
export async function toHost(tensor: tf.Tensor): Promise<HostTensor<'float32'>> {
  const data = await tensor.data<'float32'>();
  return hostTensor('float32', tensor.shape, data.slice());
}

/** A variable with the values of a host tensor, copied. */
export function toVariable({ data, shape }: HostTensor<'float32'>): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(data.slice(), [...shape], 'float32')));
}

/** A variable of zeros in the shape of another. */
export function zerosLike(other: tf.Variable): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zerosLike(other)));
}
