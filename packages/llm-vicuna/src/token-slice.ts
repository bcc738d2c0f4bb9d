/** Some tokens of a batch; see {@link tokenSlice}. */
export interface TokenSlice {
  /** Sequences side by side. */
  readonly batch: number;
  /** First token wanted of each. */
  readonly start: number;
  /** Tokens wanted of each. */
  readonly count: number;
}

/** Tokens start … start + count of each sequence of embeddings (batch, tokens, width): a view where the batch is 1. */
export function tokenSlice(embeddings: Float32Array, width: number, { batch, start, count }: TokenSlice): Float32Array {
  if (batch === 1) return embeddings.subarray(start * width, (start + count) * width);
  const tokens = embeddings.length / (batch * width);
  const slice = new Float32Array(batch * count * width);
  for (let sequence = 0; sequence < batch; sequence++) {
    const from = (sequence * tokens + start) * width;
    slice.set(embeddings.subarray(from, from + count * width), sequence * count * width);
  }
  return slice;
}
