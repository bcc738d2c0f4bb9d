import type { Writable } from 'node:stream';
import type { Reporter, StepReport } from '../run/reporter.js';

/** Where progress goes. */
export interface TerminalReporterOptions {
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Leaves everything out but warnings. Defaults to false. */
  readonly quiet?: boolean;
}

const barWidth = 24;
const redrawMs = 100;
const featureLineMs = 5000;

/** Progress for people: a bar on a terminal, plain lines elsewhere. */
export function terminalReporter({ stderr, quiet = false }: TerminalReporterOptions): Reporter & { finish(): void } {
  const isTerminal = stderr.isTTY === true;
  let lastDrawn = Number.NEGATIVE_INFINITY;
  let isBarShown = false;

  const clear = () => {
    if (isBarShown) stderr.write('\r\u001b[K');
    isBarShown = false;
  };
  const line = (text: string) => {
    clear();
    stderr.write(`${text}\n`);
  };
  const bar = (text: string) => {
    if (performance.now() - lastDrawn < redrawMs) return;
    lastDrawn = performance.now();
    stderr.write(`\r\u001b[K${text.slice(0, (stderr.columns ?? 80) - 1)}`);
    isBarShown = true;
  };

  return {
    step(report, steps, logged) {
      if (quiet) return;
      const text = describeStep(report, steps);
      if (isTerminal) bar(`${drawBar(report.step / steps)} ${text}`);
      else if (logged) line(text);
    },
    features(name, done, encoded) {
      if (quiet) return;
      const text = `features: ${done} samples looked at, ${encoded} pictures encoded`;
      if (isTerminal) bar(text);
      else if (performance.now() - lastDrawn > featureLineMs) {
        lastDrawn = performance.now();
        line(`${text} (${name})`);
      }
    },
    note(message) {
      if (!quiet) line(message);
    },
    warn: message => line(`warning: ${message}`),
    finish: clear,
  };
}

function describeStep(report: StepReport, steps: number): string {
  const { step, loss, lr, gradientNorm, tokensPerSecond, dataWaitMs, seconds } = report;
  const eta = (seconds / step) * (steps - step);
  const figures = `loss ${loss.toFixed(4)} lr ${lr.toExponential(2)} gradient ${gradientNorm.toPrecision(3)}`;
  const speed = `${Math.round(tokensPerSecond)} tokens/s wait ${dataWaitMs.toFixed(1)} ms eta ${duration(eta)}`;
  return `step ${step}/${steps} ${figures} ${speed}`;
}

function drawBar(share: number): string {
  const filled = Math.round(share * barWidth);
  return `[${'='.repeat(filled)}${' '.repeat(barWidth - filled)}]`;
}

/** `1h02m`, `3m05s` or `12s`. */
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  if (hours > 0) return `${hours}h${two(minutes)}m`;
  return minutes > 0 ? `${minutes}m${two(rest)}s` : `${rest}s`;
}
