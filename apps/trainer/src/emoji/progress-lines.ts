import type { Writable } from 'node:stream';
import type { EmojiProgress } from './build-emoji-set.js';

const redrawMs = 100;
const lineMs = 5000;

/** Shows how far a build is: in one line that changes on a terminal, in a line every few seconds elsewhere. */
export function progressLines(stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number }): {
  show(progress: EmojiProgress): void;
  clear(): void;
} {
  const isTerminal = stderr.isTTY === true;
  let lastShown = Number.NEGATIVE_INFINITY;
  let isDrawn = false;
  return {
    show({ task, done, total }) {
      const now = performance.now();
      if (now - lastShown < (isTerminal ? redrawMs : lineMs)) return;
      lastShown = now;
      const text = `${task}: ${done} of ${total}`;
      stderr.write(isTerminal ? `\r\u001b[K${text.slice(0, (stderr.columns ?? 80) - 1)}` : `${text}\n`);
      isDrawn = isTerminal;
    },
    clear() {
      if (isDrawn) stderr.write('\r\u001b[K');
      isDrawn = false;
    },
  };
}
