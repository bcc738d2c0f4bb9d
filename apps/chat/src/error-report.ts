import { isMiniGPT4Error } from '@minigpt4/core';

/** An error as a user or a program sees it; never a stack trace. */
export interface ErrorReport {
  /** Literal to branch on; `INTERNAL` for an error nobody threw on purpose. */
  readonly code: string;
  /** One paragraph, `where: what, expected …, got …. Fix.` */
  readonly message: string;
}

/** The code and message of anything thrown. */
export function reportError(error: unknown): ErrorReport {
  if (isMiniGPT4Error(error)) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

const usageCodes = new Set(['UNKNOWN_FLAG', 'INVALID_FLAG', 'CONFLICTING_FLAGS', 'UNEXPECTED_ARGUMENT']);

/** Exit code for a failure: 2 when the command line was wrong, else 1. */
export function failureExitCode({ code }: ErrorReport): 1 | 2 {
  return usageCodes.has(code) ? 2 : 1;
}
