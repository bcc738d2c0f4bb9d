import { isMiniGPT4Error, MiniGPT4Error } from '@minigpt4/core';

/** An error on its way between processes. */
export interface SentError {
  readonly message: string;
  readonly stack: string | undefined;
  /** Absent for an error that nobody threw on purpose. */
  readonly code: string | undefined;
  /** Further fields, such as the `missing` tensors of `CHECKPOINT_MISMATCH`. */
  readonly details: Readonly<Record<string, unknown>>;
}

const own = new Set(['name', 'message', 'stack', 'code', 'cause']);

/** What of an error can be sent. */
export function sendableError(error: unknown): SentError {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined, code: undefined, details: {} };
  return { message: error.message, stack: error.stack, code: codeOf(error), details: detailsOf(error) };
}

/** The error again; one with a code is a `MiniGPT4Error`. */
export function receivedError({ message, stack, code, details }: SentError): Error {
  const error = code === undefined ? new Error(message) : new MiniGPT4Error(code, message);
  if (stack !== undefined) error.stack = stack;
  return Object.assign(error, details);
}

/** The packages without dependencies have error classes of their own, with codes of this family. */
function codeOf(error: Error): string | undefined {
  const isOurs = isMiniGPT4Error(error) || error.name === 'PromptError';
  return isOurs && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function detailsOf(error: Error): Record<string, unknown> {
  const fields = Object.entries(error).filter(([name]) => !own.has(name));
  return JSON.parse(JSON.stringify(Object.fromEntries(fields))) as Record<string, unknown>;
}
