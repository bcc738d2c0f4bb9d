import { mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// a lock that nobody has touched for so long belongs to a process that died
const staleMs = 10_000;

/**
 * Runs a task while no other process runs one under the same lock file.
 *
 * @template T
 * @param {string} file
 * @param {() => Promise<T>} task
 * @returns {Promise<T>}
 */
export async function withLock(file, task) {
  mkdirSync(dirname(file), { recursive: true });
  for (let tries = 0; !take(file); tries++) {
    if (tries === 10) process.stderr.write('waiting for the set-up that another process is doing …\n');
    await sleep(100);
  }
  const touch = setInterval(() => utimesSync(file, new Date(), new Date()), staleMs / 5);
  try {
    return await task();
  } finally {
    clearInterval(touch);
    rmSync(file, { force: true });
  }
}

/** @param {string} file */
function take(file) {
  try {
    writeFileSync(file, '', { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    const touched = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - touched > staleMs) rmSync(file, { force: true });
    return false;
  }
}
