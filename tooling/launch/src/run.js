import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isatty } from 'node:tty';

/** Ends the launcher with one line on stderr and an exit code. */
export class LaunchError extends Error {
  /**
   * @param {string} message
   * @param {number} [exitCode]
   */
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * @typedef {object} Command
 * @property {string} file the program
 * @property {readonly string[]} args
 * @property {string} [cwd]
 * @property {Record<string, string>} [env] added to the environment
 */

/**
 * Runs a command with the terminal in its hands and passes signals on.
 *
 * @param {Command} command
 * @returns {Promise<number>} its exit code, 128 + the signal's number when a signal ended it
 */
export function runInherited(command) {
  return ended(start(command, 'inherit'));
}

/**
 * Runs a command and keeps what it prints on stdout and stderr, in order.
 *
 * @param {Command} command
 */
export async function runCaptured(command) {
  const child = start(command, 'pipe');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', text => {
      output += text;
    });
  }
  return { exitCode: await ended(child), output };
}

/**
 * Runs a command silently: after a second one line says what is going on, and a failure shows all it printed. Both on stderr.
 *
 * @param {string} doing such as `installing packages`
 * @param {Command} command
 * @throws {LaunchError} when the command fails
 */
export async function runQuietly(doing, command) {
  const timer = setTimeout(() => process.stderr.write(`${doing} …\n`), 1000);
  const { exitCode, output } = await runCaptured(command).finally(() => clearTimeout(timer));
  if (exitCode === 0) return;
  if (exitCode > 128) throw new LaunchError(`${doing}: interrupted.`, exitCode);
  process.stderr.write(output);
  const line = [command.file, ...command.args].join(' ');
  throw new LaunchError(
    `${doing}: exit code 0 expected, got ${exitCode}, from ${line}. Mend what is named above and run again.`,
  );
}

/**
 * @param {Command} command
 * @param {'inherit' | 'pipe'} output
 */
function start({ file, args, cwd, env }, output) {
  return spawn(file, args, {
    stdio: output === 'inherit' ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    // npx and what lies in node_modules/.bin are .cmd files on Windows, which only a shell can start
    shell: process.platform === 'win32' && file !== process.execPath,
    ...(cwd === undefined ? {} : { cwd }),
  });
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>}
 */
function ended(child) {
  const stopForwarding = forwardSignals(signal => child.kill(signal));
  const stopWatching = onOrphaned(() => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  }).finally(() => {
    stopForwarding();
    stopWatching();
  });
}

/**
 * Tells when npm's shell is gone: npm passes SIGTERM to that shell alone, which dies of it and leaves its child running.
 *
 * @param {() => void} act
 * @returns {() => void} stops watching
 */
function onOrphaned(act) {
  // started by hand, the program may outlive the shell it was started from
  if (process.env['npm_lifecycle_event'] === undefined) return () => {};
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, 500);
  return () => clearInterval(timer);
}

/**
 * Passes signals on to a child, at most one a second: npm repeats them and so may a process group,
 * and two quick interrupts would look like a user who insists.
 *
 * @param {(signal: NodeJS.Signals) => void} send
 * @returns {() => void} stops listening
 */
function forwardSignals(send) {
  let last = Number.NEGATIVE_INFINITY;
  /** @param {NodeJS.Signals} signal */
  const onSignal = signal => {
    // Ctrl-C in a terminal has reached the child already
    if (signal === 'SIGINT' && [0, 1, 2].some(isatty)) return;
    if (performance.now() - last < 1000) return;
    last = performance.now();
    send(signal);
  };
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM'];
  for (const signal of signals) process.on(signal, onSignal);
  return () => signals.forEach(signal => process.off(signal, onSignal));
}
