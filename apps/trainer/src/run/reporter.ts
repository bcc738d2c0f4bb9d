/** A step as the log tells it. */
export interface StepReport {
  /** Steps that are done. */
  readonly step: number;
  /** Of the batch, before the step. */
  readonly loss: number;
  readonly lr: number;
  readonly gradientNorm: number;
  /** Of texts, prompts and images, without padding; since the last logged step. */
  readonly tokensPerSecond: number;
  /** Mean milliseconds a step has waited for data since the last logged step. */
  readonly dataWaitMs: number;
  /** Seconds of training so far, in all parts of the run. */
  readonly seconds: number;
}

/** Hears what a run is doing. It may throw, which ends the run as a crash would. */
export interface Reporter {
  /** A step is done; `logged` where it is one of those that are written down. */
  step(report: StepReport, steps: number, logged: boolean): void;
  /** Samples of a set looked at before training, and how many of their pictures had to be encoded. */
  features(name: string, done: number, encoded: number): void;
  /** Something worth knowing, one sentence. */
  note(message: string): void;
  /** Something that may be wrong, one sentence. */
  warn(message: string): void;
}
