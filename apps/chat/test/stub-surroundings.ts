import { tmpdir } from 'node:os';
import { Readable, Writable, type PassThrough } from 'node:stream';
import type { ChatModel } from 'minigpt4';
import type { Surroundings } from '../src/command-line/surroundings.js';

/** Surroundings that a test can look into. */
export interface StubSurroundings extends Surroundings {
  /** What was written to standard output so far. */
  readonly output: () => string;
  /** What was written to standard error so far. */
  readonly errors: () => string;
  /** Sources and options that models were loaded with in this process. */
  readonly loaded: unknown[][];
  /** Options that models were started with in a process of their own. */
  readonly started: unknown[];
  /** Sends SIGINT. */
  interrupt(): void;
}

/** How {@link stubSurroundings} differ from an empty non-interactive process. */
export interface StubSurroundingsOptions {
  readonly model: ChatModel;
  /** Bytes on standard input, which then ends. Defaults to none. */
  readonly stdin?: string | Uint8Array;
  /** Standard input that a person types into; it counts as a terminal. */
  readonly typed?: PassThrough;
  readonly directory?: string;
}

class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** A process that is not there. */
export function stubSurroundings({
  model,
  stdin = '',
  typed,
  directory = tmpdir(),
}: StubSurroundingsOptions): StubSurroundings {
  const stdout = new Sink();
  const stderr = Object.assign(new Sink(), { isTTY: typed !== undefined });
  const interrupt = new AbortController();
  const loaded: unknown[][] = [];
  const started: unknown[] = [];
  return {
    directory,
    pageFolder: directory,
    stdin: typed
      ? Object.assign(typed, { isTTY: true })
      : Readable.from(stdin.length > 0 ? [Buffer.from(stdin as string)] : []),
    stdout,
    stderr,
    interrupted: interrupt.signal,
    loadModel: async (...args) => {
      loaded.push(args);
      return model;
    },
    startModel: async options => {
      started.push(options);
      return model;
    },
    output: () => stdout.text,
    errors: () => stderr.text,
    loaded,
    started,
    interrupt: () => interrupt.abort('SIGINT'),
  };
}
