import { MiniGPT4Error } from '@minigpt4/core';
import type { ModelDescription } from 'minigpt4';
import type { ChatModel } from 'minigpt4/chat';
import { EngineProcess } from './engine-process.js';
import type { EngineLoadOptions } from './messages/messages.js';

/** What a {@link Supervisor} starts. */
export interface SupervisorOptions {
  readonly model: string | ModelDescription;
  readonly load: EngineLoadOptions;
  readonly memoryLimitMb: number | undefined;
  /** Folder that it runs in. */
  readonly directory: string;
  readonly nodeFlags: readonly string[];
  readonly onProgress: (message: string) => void;
}

/** Has one process with the model loaded whenever somebody asks, and another after its end. */
export class Supervisor {
  #process: EngineProcess | undefined;
  #about: Pick<ChatModel, 'name' | 'config'> | undefined;
  #disposed = false;

  constructor(private readonly options: SupervisorOptions) {}

  /** What the model said of itself when it was loaded. */
  get about(): Pick<ChatModel, 'name' | 'config'> {
    if (this.#about !== undefined) return this.#about;
    throw new MiniGPT4Error('ENGINE_STOPPED', 'engine: not started, expected a loaded model. Await startEngine.');
  }

  /** The process there is, loaded or not. */
  get current(): EngineProcess | undefined {
    return this.#process;
  }

  /** The process with the model loaded, started if there is none. */
  async live(): Promise<EngineProcess> {
    if (this.#disposed) {
      throw new MiniGPT4Error('ENGINE_DISPOSED', 'engine: disposed, expected a live one. Start another.');
    }
    const running = (this.#process ??= this.#start());
    this.#about = await running.loaded;
    return running;
  }

  async kill(): Promise<void> {
    await this.#process?.kill(stopped('kill()'));
  }

  async restart(): Promise<void> {
    await this.#process?.stop(stopped('restart()'));
    await this.live();
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#process?.stop(stopped('dispose()'));
  }

  #start(): EngineProcess {
    const { model, load, memoryLimitMb, directory, nodeFlags, onProgress } = this.options;
    const memoryLimit = memoryLimitMb === undefined ? undefined : memoryLimitMb * 2 ** 20;
    const started: EngineProcess = new EngineProcess({
      load: { type: 'load', model, options: load, memoryLimit },
      directory,
      nodeFlags,
      onProgress,
      onEnd: () => {
        if (this.#process === started) this.#process = undefined;
      },
    });
    return started;
  }
}

function stopped(by: string): MiniGPT4Error {
  return new MiniGPT4Error(
    'ENGINE_STOPPED',
    `engine: stopped by ${by}, expected to finish the request first, got none of its answer. Ask again, or stop it later.`,
  );
}
