import type { Reporter, StepReport } from '../src/run/reporter.js';

/** A reporter that keeps what it hears. */
export interface RecordingReporter extends Reporter {
  readonly steps: StepReport[];
  readonly notes: string[];
  readonly warnings: string[];
}

/** Hears everything, says nothing; `onStep` may throw, as a crash after that step. */
export function recordingReporter(onStep: (step: number) => void = () => {}): RecordingReporter {
  const steps: StepReport[] = [];
  const notes: string[] = [];
  const warnings: string[] = [];
  return {
    steps,
    notes,
    warnings,
    step(report) {
      steps.push(report);
      onStep(report.step);
    },
    features: () => {},
    note: message => void notes.push(message),
    warn: message => void warnings.push(message),
  };
}
