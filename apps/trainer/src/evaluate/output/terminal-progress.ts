import type { Writable } from 'node:stream';

/** Where progress goes. */
export interface TerminalProgressOptions {
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** What is counted, such as `pictures`. */
  readonly what: string;
  /** Leaves everything out. Defaults to false. */
  readonly quiet?: boolean;
}

/** How much is done of how much; `total` is absent where nobody knows. */
export interface Counted {
  readonly done: number;
  readonly total?: number;
}

const lineEveryMs = 5000;

/** One line that is written over on a terminal; elsewhere a line every few seconds. `finish` takes it off the terminal. */
export function terminalProgress({ stderr, what, quiet = false }: TerminalProgressOptions): {
  update(counted: Counted): void;
  finish(): void;
} {
  const isTerminal = stderr.isTTY === true;
  const started = performance.now();
  let lastLine = started;
  return {
    update(counted) {
      const now = performance.now();
      if (quiet || (!isTerminal && now - lastLine < lineEveryMs)) return;
      lastLine = now;
      const text = describe(counted, what, (now - started) / 1000);
      stderr.write(isTerminal ? `\r\u001b[K${text.slice(0, (stderr.columns ?? 80) - 1)}` : `${text}\n`);
    },
    finish() {
      if (isTerminal && !quiet) stderr.write('\r\u001b[K');
    },
  };
}

function describe({ done, total }: Counted, what: string, seconds: number): string {
  if (total === undefined) return `${done} ${what}, ${seconds.toFixed(0)} s`;
  const left = done === 0 ? '' : `, about ${((seconds / done) * (total - done)).toFixed(0)} s left`;
  return `${done}/${total} ${what}, ${seconds.toFixed(0)} s${left}`;
}
