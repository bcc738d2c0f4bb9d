export { differencesFromLlama } from './llama-tokenizer.js';
export { mergeDelta, type MergeOptions, type MergeProgress, type MergeReport } from './merge-delta.js';
export type { MergeErrorCode } from './merge-error.js';
