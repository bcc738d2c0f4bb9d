import { isMiniGPT4Error } from '@minigpt4/core';

/** Code and message of an error; the error itself when it is not one of the family. */
interface CodedError {
  readonly code: string;
  readonly message: string;
}

function codedError(error: unknown): CodedError {
  if (!isMiniGPT4Error(error)) throw error;
  return { code: error.code, message: error.message };
}

const nothing: CodedError = { code: 'NOTHING_THROWN', message: '' };

/** The coded error that `act` throws. */
export function thrownBy(act: () => unknown): CodedError {
  try {
    act();
  } catch (error) {
    return codedError(error);
  }
  return nothing;
}

/** The coded error that a promise is rejected with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<CodedError> {
  return promise.then(() => nothing, codedError);
}
