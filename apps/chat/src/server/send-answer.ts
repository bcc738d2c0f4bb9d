import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SSEStreamingApi } from 'hono/streaming';
import type { AnswerStream } from 'minigpt4';
import type { AnswerEvents } from './answer-events.js';
import { publicReport } from './public-report.js';
import type { Place } from './waiting-line.js';

/** What {@link sendAnswer} works with. */
export interface SendAnswerOptions {
  readonly stream: SSEStreamingApi;
  /** The place in the line, which is left at the end. */
  readonly place: Place;
  /** Begins the answer when its turn has come. */
  readonly ask: (signal: AbortSignal) => AnswerStream;
  /** Aborted when nobody waits for the answer any more. */
  readonly stopped: AbortSignal;
  readonly log: (line: string) => void;
}

/** Waits for its turn and sends an answer as server-sent events, each on its way before the next token is computed. */
export async function sendAnswer({ stream, place, ask, stopped, log }: SendAnswerOptions): Promise<void> {
  const disconnected = new AbortController();
  stream.onAbort(() => disconnected.abort());
  const signal = AbortSignal.any([stopped, disconnected.signal]);
  // not awaited: a reader that stalls must not keep the others waiting, and an answer is small
  let sent = Promise.resolve();
  const send = <Name extends keyof AnswerEvents>(event: Name, data: AnswerEvents[Name]) => {
    sent = stream.writeSSE({ event, data: JSON.stringify(data) });
  };
  try {
    await place.turn(signal);
    const answer = ask(signal);
    for await (const text of answer) {
      send('text', { text });
      await nextTurn(); // inference blocks the event loop: let the piece out, and a stop in
    }
    const { text, finishReason, usage, timings } = await answer.result();
    send('done', { answer: text, finishReason, usage, timings });
  } catch (error) {
    if (signal.aborted) return;
    send('error', publicReport(error, 'answer', log));
  } finally {
    place.leave();
    await sent;
  }
}
