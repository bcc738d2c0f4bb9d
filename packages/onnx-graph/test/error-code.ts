import { isMiniGPT4Error } from '@minigpt4/core';

/** The code of the error that `act` throws, or `none`. */
export function errorCode(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (isMiniGPT4Error(error)) return error.code;
    throw error;
  }
  return 'none';
}
