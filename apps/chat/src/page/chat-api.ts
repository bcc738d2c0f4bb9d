import type { ErrorReport } from '../error-report.js';
import type { AnswerEvents, ModelDescription } from '../server/answer-events.js';
import { readEvents } from './event-stream.js';

/** An answer of the server that is no success, or no answer at all. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** The server's code, or `OFFLINE` when it could not be reached. */
  readonly code: string;

  constructor({ code, message }: ErrorReport) {
    super(message);
    this.code = code;
  }
}

/** What comes in for a question: pieces of text, then the end. */
export type AnswerEvent = { [Name in 'text' | 'done']: { readonly name: Name; readonly data: AnswerEvents[Name] } }[
  | 'text'
  | 'done'];

const offline: ErrorReport = { code: 'OFFLINE', message: 'The server cannot be reached. Is it still running?' };

async function request(path: string, options: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    throw options.signal?.aborted ? error : new ApiError(offline);
  }
  if (response.ok) return response;
  const body = (await response.json().catch(() => undefined)) as { error?: ErrorReport } | undefined;
  throw new ApiError(body?.error ?? { code: 'INTERNAL', message: `The server answered ${response.status}.` });
}

/** Name and abilities of the model. */
export async function describeModel(): Promise<ModelDescription> {
  return (await (await request('/api/model')).json()) as ModelDescription;
}

/** Opens a chat about a picture. @returns its id */
export async function openChat(picture: Blob): Promise<string> {
  const { id } = (await (await request('/api/chats', { method: 'POST' })).json()) as { id: string };
  await request(`/api/chats/${id}/image`, { method: 'POST', body: picture });
  return id;
}

/** Lets the server forget a chat; it would anyway, so failures do not matter. */
export function closeChat(id: string): void {
  request(`/api/chats/${id}`, { method: 'DELETE' }).catch(() => {});
}

/** Asks a question; aborting stops the answer on the server too. @throws `ApiError` */
export async function* ask(id: string, question: string, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const response = await request(`/api/chats/${id}/messages`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ question }),
    signal,
  });
  if (response.body) {
    for await (const { name, data } of readEvents(response.body)) {
      if (name === 'error') throw new ApiError(JSON.parse(data) as ErrorReport);
      yield { name, data: JSON.parse(data) as unknown } as AnswerEvent;
      if (name === 'done') return;
    }
  }
  throw new ApiError({ code: 'OFFLINE', message: 'The connection was lost before the answer was complete.' });
}
