/** Buffers that old LLaMA checkpoints hold and the model computes by itself. */
export const unusedLlamaWeights: readonly RegExp[] = [/\.rotary_emb\.inv_freq$/];
