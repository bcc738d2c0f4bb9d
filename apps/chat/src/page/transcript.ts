import type { AnswerEvents } from '../server/answer-events.js';

/** A question on the page with the answer below it as it comes in. */
export interface ShownTurn {
  /** Adds a piece of the answer. */
  append(text: string): void;
  /** Shows the answer as complete. */
  finish(done: AnswerEvents['done']): void;
  /** Shows the answer as ended by the user. */
  stop(): void;
  /** Shows what went wrong instead of the rest of the answer. */
  fail(message: string): void;
}

/** The list of questions and answers. */
export interface Transcript {
  add(question: string): ShownTurn;
  /** A line between two turns. */
  remark(text: string): void;
  clear(): void;
}

function paragraph(className: string, text = ''): HTMLParagraphElement {
  const element = document.createElement('p');
  element.className = className;
  element.textContent = text;
  return element;
}

function describe({ finishReason, usage, timings }: AnswerEvents['done']): string {
  const parts = [`${usage.completionTokens} tokens`];
  if (timings.tokensPerSecond > 0) parts.push(`${Math.round(timings.tokensPerSecond)} per second`);
  if (finishReason === 'length') parts.push('cut at the token limit');
  return parts.join(', ');
}

/** Shows turns in `log` in place of `welcome`, and keeps the newest in view unless the reader has scrolled up. */
export function transcript(log: HTMLElement, welcome: HTMLElement): Transcript {
  const inView = (change: () => void) => {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 48;
    change();
    if (atEnd) log.scrollTop = log.scrollHeight;
  };
  return {
    add(question) {
      const turn = document.createElement('div');
      const answered = paragraph('answered');
      const note = paragraph('note');
      turn.className = 'turn streaming';
      turn.append(paragraph('asked', question), answered, note);
      welcome.hidden = true;
      log.append(turn);
      log.scrollTop = log.scrollHeight;
      log.setAttribute('aria-busy', 'true'); // read out once, when it is complete
      const end = (text: string, className = 'turn') =>
        inView(() => {
          turn.className = className;
          note.textContent = text;
          log.removeAttribute('aria-busy');
        });
      return {
        append: text => inView(() => answered.append(text)),
        finish(done) {
          answered.textContent = done.answer === '' ? '(The model had nothing to say.)' : done.answer;
          end(describe(done));
        },
        stop: () => end('Stopped'),
        fail: message => end(message, 'turn failed'),
      };
    },
    remark: text => inView(() => log.append(paragraph('note', text))),
    clear() {
      log.replaceChildren(welcome);
      welcome.hidden = false;
    },
  };
}
