/** Root of the mean of the squares. */
export function rootMeanSquare(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return Math.sqrt(sum / values.length);
}

/**
 * How much larger what the projection gives is than what the language model is used to: the ratio of their root mean
 * squares. Far from 1, the language model sees noise, and steps of the optimiser are far too large or too small.
 */
export function embeddingRatio(projected: Float32Array, wordEmbeddings: Float32Array): number {
  return rootMeanSquare(projected) / rootMeanSquare(wordEmbeddings);
}
