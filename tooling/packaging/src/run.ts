import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** How a command ended and what it printed. */
export interface Finished {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@link run}. */
export interface RunOptions {
  readonly cwd: string;
  /** Added to {@link plainEnvironment}; undefined removes. */
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds after which the command is ended. Defaults to ten minutes. */
  readonly timeout?: number;
  /** Ends the command early, and all that it has started. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a command as if a person had typed it in a fresh shell, and keeps what it prints.
 *
 * @throws the reason of `signal` when it ends the command
 */
export async function run(
  file: string,
  args: readonly string[],
  { cwd, env = {}, timeout = 600_000, signal }: RunOptions,
): Promise<Finished> {
  signal?.throwIfAborted();
  const isWindows = process.platform === 'win32';
  // a group of its own, so that what the command has started ends with it
  const detached = signal !== undefined && !isWindows;
  const child = spawn(file, args, {
    cwd,
    env: { ...plainEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
    detached,
    // npm and npx are .cmd files on Windows, which only a shell can start
    shell: isWindows && file !== process.execPath,
  });
  const end = (): unknown => (detached && child.pid !== undefined ? process.kill(-child.pid) : child.kill());
  signal?.addEventListener('abort', end);
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      printed[name] += text;
    });
  }
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, killedBy) => resolve(code ?? 128 + (killedBy ? constants.signals[killedBy] : 0)));
  }).finally(() => signal?.removeEventListener('abort', end));
  signal?.throwIfAborted();
  return { exitCode, ...printed };
}

/** Settings of npm that belong to the machine rather than to the npm that runs this. */
const machineSettings =
  /^npm_config_(registry|cache|userconfig|globalconfig|proxy|https?_proxy|noproxy|ca|cafile|strict_ssl)$/i;

/**
 * The environment without what npm, turbo, pnpm and vitest set for their children, which would change what a nested npm
 * or Node does. onnxruntime-node's own download (of CUDA files that nothing here needs) is off.
 */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    const isNpm = /^(npm|pnpm)_/i.test(name) && !machineSettings.test(name);
    if (isNpm || /^(NODE_OPTIONS|NODE_PATH|NODE_ENV|VITEST.*|TEST|INIT_CWD|DEV|PROD|MODE|SSR)$/.test(name))
      delete env[name];
  }
  return { ...env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
}
