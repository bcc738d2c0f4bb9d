import { type ChildProcess, fork } from 'node:child_process';
import type { RunTrial, Trial } from './trials.js';

/** A program that answers a number by a {@link Trial}. */
export interface TrialProgram {
  readonly file: string;
  readonly args: readonly string[];
  /** Milliseconds after which a copy counts as one that never ends. */
  readonly timeLimit: number;
}

/** Runs trials in a process of their own, which is ended when one takes too long or breaks it, and then started again. */
export class Supervised {
  readonly #program: TrialProgram;
  #child: Promise<ChildProcess> | undefined;

  constructor(program: TrialProgram) {
    this.#program = program;
  }

  /** A trial, or one with a violation where the process hangs or dies. */
  readonly run: RunTrial = async number => {
    this.#child ??= this.#start();
    const child = await this.#child;
    const begun = performance.now();
    const answer = await this.#ask(child, number);
    if (typeof answer !== 'string') return answer;
    this.#child = undefined;
    child.kill('SIGKILL');
    const milliseconds = performance.now() - begun;
    return { damage: `copy ${number}`, verdict: { kind: 'violation', what: answer }, milliseconds, peakBytes: 0 };
  };

  /** Ends the process. */
  async close(): Promise<void> {
    (await this.#child)?.kill();
  }

  async #start(): Promise<ChildProcess> {
    const { file, args } = this.#program;
    const child = fork(file, args, { serialization: 'advanced' });
    await new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('error', reject);
      child.once('exit', code => reject(new Error(`${file}: ended before its first trial, exit code ${code}`)));
    });
    child.removeAllListeners();
    return child;
  }

  #ask(child: ChildProcess, number: number): Promise<Trial | string> {
    return new Promise(resolve => {
      const { timeLimit } = this.#program;
      const settle = (answer: Trial | string): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(answer);
      };
      const timer = setTimeout(() => settle(`no end within ${timeLimit} ms`), timeLimit);
      child.once('message', message => settle(message as unknown as Trial));
      child.once('exit', (code, signal) => settle(`the process ended, ${signal ?? `exit code ${code}`}`));
      child.send(number);
    });
  }
}
