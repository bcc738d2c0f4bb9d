import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { ChatModel } from 'minigpt4/chat';
import { deferred } from './deferred.js';
import { describeCrash } from './engine-crashed-error.js';
import { Inbox } from './messages/inbox.js';
import type { FromChild, LoadMessage, Reply, ToChild } from './messages/messages.js';
import { receivedError } from './messages/sent-error.js';

/** What an {@link EngineProcess} is started with. */
export interface EngineProcessOptions {
  readonly load: LoadMessage;
  /** Folder it runs in. */
  readonly directory: string;
  /** Flags for Node. */
  readonly nodeFlags: readonly string[];
  readonly onProgress: (message: string) => void;
  /** Told first when the process has ended, before its requests fail. */
  readonly onEnd: () => void;
}

/** Characters of standard error that are kept for the error after a crash. */
const keptOutput = 4000;

/** Milliseconds that a process has to end by itself when it is asked to. */
const gracePeriod = 5000;

/** One life of the process that holds the model, as seen from the other side. */
export class EngineProcess {
  /** Resolves when it has ended and every request in it has failed. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #loaded = deferred<Pick<ChatModel, 'name' | 'config'>>();
  readonly #inboxes = new Map<number, Inbox>();
  #isLoading = true;
  #requests = 0;
  #reason: Error | undefined;
  #residentBytes: number | undefined;
  #stderr = '';

  constructor(private readonly options: EngineProcessOptions) {
    this.#child = fork(fileURLToPath(new URL('./child.js', import.meta.url)), [], {
      serialization: 'advanced',
      cwd: options.directory,
      execArgv: [...options.nodeFlags],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-keptOutput);
    });
    this.#child.on('message', message => this.#receive(message as FromChild));
    this.ended = this.#watch();
    void this.post(options.load);
  }

  /** Resolves when the model is loaded. @throws the errors of `loadMiniGPT4`, `ENGINE_CRASHED`, what it was stopped with */
  get loaded(): Promise<Pick<ChatModel, 'name' | 'config'>> {
    return this.#loaded.promise;
  }

  /** The system's number of the process. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** An inbox for a request: replies and the news of a crash come there. */
  open(): Inbox {
    const inbox = new Inbox(this.#requests++);
    if (this.#child.connected) this.#inboxes.set(inbox.request, inbox);
    else inbox.fail(this.#reason ?? this.#crash());
    this.#keepAlive();
    return inbox;
  }

  /** Expects nothing more about a request. */
  close({ request }: Inbox): void {
    this.#inboxes.delete(request);
    this.#keepAlive();
  }

  /** Sends a message; resolves when it is on its way. @throws DataCloneError for what cannot be sent */
  post(message: ToChild): Promise<void> {
    if (!this.#child.connected) return Promise.resolve();
    const sent = deferred<void>();
    // an error here means that the process has ended, which the inboxes are told
    this.#child.send(message, () => sent.resolve());
    return sent.promise;
  }

  /** Its resident memory, undefined when it ends before it tells. */
  async residentBytes(): Promise<number | undefined> {
    const inbox = this.open();
    void this.post({ type: 'measure', request: inbox.request });
    const reply = await inbox.next().catch(() => undefined);
    return reply?.type === 'measured' ? reply.residentBytes : undefined;
  }

  /** Ends the process at once; requests in it fail with `reason`. */
  async kill(reason: Error): Promise<void> {
    this.#reason = reason;
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** Lets the process free what it holds and end; requests in it fail with `reason`. */
  async stop(reason: Error): Promise<void> {
    this.#reason = reason;
    this.#failAll(reason);
    this.#child.ref(); // what it has on the disk is to be removed before this process ends as well
    void this.post({ type: 'stop' });
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), gracePeriod);
    await this.ended;
    clearTimeout(impatience);
  }

  #receive(message: FromChild): void {
    switch (message.type) {
      case 'progress':
        return this.options.onProgress(message.message);
      case 'loaded':
        this.#isLoading = false;
        this.#loaded.resolve(message);
        return this.#keepAlive();
      case 'unloadable':
        this.#reason = receivedError(message.error);
        return;
      case 'leaving':
        this.#residentBytes = message.residentBytes;
        return;
      default:
        this.#deliver(message);
    }
  }

  #deliver(reply: Reply): void {
    const inbox = this.#inboxes.get(reply.request);
    if (inbox === undefined) return; // nobody waits for it any more
    if (reply.type === 'failed') inbox.fail(receivedError(reply.error));
    else inbox.put(reply);
    if (reply.type !== 'piece') this.close(inbox);
  }

  /** A program that has nothing else to do may end, unless the model or a request is on its way. */
  #keepAlive(): void {
    const { channel, stderr } = this.#child;
    const change = this.#isLoading || this.#inboxes.size > 0 ? 'ref' : 'unref';
    for (const handle of [this.#child, channel, stderr as Socket | null]) handle?.[change]();
  }

  async #watch(): Promise<void> {
    const neverStarted = deferred<void>();
    this.#child.on('error', error => {
      this.#stderr += error.message;
      if (this.#child.pid === undefined) neverStarted.resolve();
    });
    // only after both has everything that it sent and wrote been read
    const ended = ['close', 'disconnect'].map(event => {
      return new Promise<void>(resolve => this.#child.once(event, () => resolve()));
    });
    await Promise.race([Promise.all(ended), neverStarted.promise]);
    this.options.onEnd();
    this.#failAll(this.#reason ?? this.#crash());
  }

  #failAll(error: Error): void {
    this.#loaded.promise.catch(() => {}); // nobody waits for it when the end comes later
    this.#loaded.reject(error);
    const inboxes = [...this.#inboxes.values()];
    this.#inboxes.clear();
    for (const inbox of inboxes) inbox.fail(error);
  }

  #crash(): Error {
    const { exitCode, signalCode } = this.#child;
    return describeCrash({
      exitCode,
      signal: signalCode,
      stderr: this.#stderr,
      residentBytes: this.#residentBytes,
      memoryLimit: this.options.load.memoryLimit,
    });
  }
}
