import { isMiniGPT4Error } from '@minigpt4/core';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { reportError, type ErrorReport } from '../error-report.js';

/** Codes of errors that a request met but did not cause. */
const failures: Record<string, ContentfulStatusCode> = {
  INTERNAL: 500,
  ENGINE_FAILED: 500,
  ENGINE_CRASHED: 503,
  ENGINE_STOPPED: 503,
  ENGINE_DISPOSED: 503,
};

/** What a client is told of an error: all of one thrown on purpose; of any other only that it is in the log. */
export function publicReport(error: unknown, during: string, log: (line: string) => void): ErrorReport {
  const report = reportError(error);
  if (!(report.code in failures)) return report;
  log(`minigpt4-chat: ${during}: ${describe(error)}`);
  if (report.code !== 'INTERNAL') return report;
  return { code: 'INTERNAL', message: 'server: something went wrong, see its log.' };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = isMiniGPT4Error(error) ? `${error.message} (${error.code})` : (error.stack ?? error.message);
  return error.cause instanceof Error ? `${text}\n${error.cause.message}` : text;
}

const statuses: Record<string, ContentfulStatusCode> = {
  BAD_REQUEST: 400,
  FORBIDDEN_HOST: 403,
  FORBIDDEN_ORIGIN: 403,
  NOT_FOUND: 404,
  CHAT_NOT_FOUND: 404,
  CHAT_BUSY: 409,
  BODY_TOO_LARGE: 413,
  IMAGE_TOO_LARGE: 413,
  IMAGE_UNSUPPORTED: 415,
  IMAGES_UNSUPPORTED: 415,
  BUSY: 503,
  ...failures,
};

/** HTTP status for an error's code; what a request caused in another way is 400. */
export function statusOf(code: string): ContentfulStatusCode {
  return statuses[code] ?? 400;
}
