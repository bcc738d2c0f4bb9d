import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { secureHeaders } from 'hono/secure-headers';
import { streamSSE } from 'hono/streaming';
import { MiniGPT4Error } from '@minigpt4/core';
import { conversation, type Conversation } from '../conversation.js';
import type { AnswerOptions, ChatModel } from 'minigpt4';
import { maxPictureBytes } from '../picture-decoding.js';
import { allowedRequest } from './allowed-request.js';
import type { ModelDescription } from './answer-events.js';
import { chatSessions } from './chat-sessions.js';
import { parseMessageRequest } from './message-request.js';
import { modelHint } from './model-hint.js';
import type { Page } from './page.js';
import { publicReport, statusOf } from './public-report.js';
import { sendAnswer } from './send-answer.js';
import { uploadedBytes } from './uploaded-bytes.js';
import { waitingLine, type WaitingLine } from './waiting-line.js';

/** What a chat server needs. */
export interface ChatServerOptions {
  /** Answers the questions, in this process or as an engine in one of its own; disposing it stays the caller's duty. */
  readonly model: ChatModel;
  /** Files served beside the API, as {@link readPage} reads them. */
  readonly page: Page;
  /** Address the server is bound to. Defaults to 127.0.0.1. */
  readonly host?: string;
  /** Settings of answers that a request does not set itself. Defaults to the model's own. */
  readonly settings?: AnswerOptions;
  /** Takes a line about an error that no request can have caused. Defaults to nothing. */
  readonly log?: (line: string) => void;
  /** Chats kept at most; the one unused for longest is forgotten. Defaults to 32. */
  readonly maxChats?: number;
  /** Milliseconds after which an unused chat is forgotten. Defaults to one hour. */
  readonly idleMs?: number;
  /** Questions and pictures in work and waiting at most. Defaults to 8. */
  readonly maxWaiting?: number;
  /** Of these, how many the model works on at a time. Defaults to 1, which suits a model in this process. */
  readonly atOnce?: number;
}

/** A server's routes, to be given to an HTTP server or called directly. */
export interface ChatServer {
  readonly app: Hono;
  /** Stops all answers and forgets all chats; the model stays the caller's. */
  close(): Promise<void>;
}

const headers = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'blob:', 'data:'],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  strictTransportSecurity: false, // plain http on this machine
});

function limitBody(maxSize: number) {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new MiniGPT4Error(
        'BODY_TOO_LARGE',
        `server: the request is too large, expected at most ${maxSize} bytes, got more. Send less.`,
      );
    },
  });
}

/**
 * The page and its API: chats with one model.
 * Every error is `{"error":{"code","message"}}` with a status that fits.
 */
export function chatServer(options: ChatServerOptions): ChatServer {
  const { model, host = '127.0.0.1', log = () => {}, maxChats = 32, idleMs = 3_600_000 } = options;
  const shutdown = new AbortController();
  const line = waitingLine({ capacity: options.maxWaiting ?? 8, atOnce: options.atOnce ?? 1 });
  const sessions = chatSessions({ create: () => disposedLater(conversation(model), line), capacity: maxChats, idleMs });

  const app = new Hono();
  app.use(headers, allowedRequest(host));
  addPage(app, options);

  app.post('/api/chats', c => c.json({ id: sessions.open() }, 201));
  app.delete('/api/chats/:id', c => {
    sessions.close(c.req.param('id'));
    return c.body(null, 204);
  });
  app.post('/api/chats/:id/image', limitBody(maxPictureBytes + 64 * 1024), async c => {
    const talk = sessions.get(c.req.param('id'));
    const place = line.join(talk); // before the body is read: that bounds the memory of all uploads together
    try {
      const bytes = await uploadedBytes(c.req);
      await place.turn(c.req.raw.signal);
      return c.json(await talk.show(bytes));
    } finally {
      place.leave();
    }
  });
  app.post('/api/chats/:id/messages', limitBody(64 * 1024), async c => {
    const talk = sessions.get(c.req.param('id'));
    const { question, settings } = parseMessageRequest(await c.req.text());
    const place = line.join(talk); // a full line is refused before the stream begins
    const stopped = AbortSignal.any([c.req.raw.signal, shutdown.signal]);
    const ask = (signal: AbortSignal) => talk.ask(question, { ...options.settings, ...settings, signal });
    return streamSSE(c, stream => sendAnswer({ stream, place, ask, stopped, log }));
  });
  app.notFound(c =>
    fail(c, new MiniGPT4Error('NOT_FOUND', `server: nothing at ${c.req.path}, expected / or /api/….`), log),
  );
  app.onError((error, c) => fail(c, error, log));

  return {
    app,
    async close() {
      shutdown.abort();
      await line.settled();
      sessions.closeAll();
    },
  };
}

function addPage(app: Hono, { page, model }: ChatServerOptions): void {
  for (const [path, { type, body }] of page) {
    app.get(path, c => c.body(body, 200, { 'Content-Type': type, 'Cache-Control': 'no-cache' }));
  }
  app.get('/health', c => c.json({ status: 'ok' }));
  app.get('/api/model', c => {
    const { name } = model;
    return c.json({ name, hint: modelHint(name), maxPictureBytes } satisfies ModelDescription);
  });
}

/** A conversation may be forgotten while it answers: it is disposed after that. */
function disposedLater(talk: Conversation, line: WaitingLine): Conversation {
  return { ...talk, dispose: () => void line.settled().then(() => talk.dispose()) };
}

function fail(c: Context, error: unknown, log: (line: string) => void): Response {
  const gone = c.req.raw.signal.aborted; // then the error is the abort itself, and nobody reads this
  const report = publicReport(error, `${c.req.method} ${c.req.path}`, gone ? () => {} : log);
  if (report.code === 'BUSY') c.header('Retry-After', '2');
  return c.json({ error: report }, statusOf(report.code));
}
