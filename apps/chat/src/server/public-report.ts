import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { reportError, type ErrorReport } from '../error-report.js';

/** What a client is told of an error: all of one thrown on purpose; of any other only that it is in the log. */
export function publicReport(error: unknown, during: string, log: (line: string) => void): ErrorReport {
  const report = reportError(error);
  if (report.code !== 'INTERNAL') return report;
  log(`minigpt4-chat: ${during}: ${error instanceof Error ? error.stack : report.message}`);
  return { code: 'INTERNAL', message: 'server: something went wrong, see its log.' };
}

const statuses: Record<string, ContentfulStatusCode> = {
  BAD_REQUEST: 400,
  FORBIDDEN_HOST: 403,
  FORBIDDEN_ORIGIN: 403,
  NOT_FOUND: 404,
  CHAT_NOT_FOUND: 404,
  BODY_TOO_LARGE: 413,
  IMAGE_TOO_LARGE: 413,
  IMAGE_UNSUPPORTED: 415,
  INTERNAL: 500,
  BUSY: 503,
};

/** HTTP status for an error's code; what a request caused in another way is 400. */
export function statusOf(code: string): ContentfulStatusCode {
  return statuses[code] ?? 400;
}
