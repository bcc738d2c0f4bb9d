import { MiniGPT4Error } from '@minigpt4/core';

/** What a merge can end with, besides the errors of the files it reads. */
export type MergeErrorCode =
  | 'MERGE_BASE'
  | 'MERGE_DELTA'
  | 'MERGE_TOKENIZER'
  | 'MERGE_OUTPUT'
  | 'MERGE_DISK'
  | 'MERGE_NOT_FINITE'
  | 'MERGE_INTERRUPTED';

/** An error about the directory `where`; `fault` reads `what, expected …, got …. Fix.` */
export function mergeError(code: MergeErrorCode, where: string, fault: string): MiniGPT4Error<MergeErrorCode> {
  return new MiniGPT4Error(code, `${where}: ${fault}`);
}
