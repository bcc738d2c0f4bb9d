import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/** @typedef {import('./run.js').Command} Command */

// npx would repeat npm's --silent and hide why it failed
const npxEnv = { npm_config_loglevel: 'error' };
const turboEnv = { TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', DO_NOT_TRACK: '1' };

/**
 * The pnpm that `packageManager` in the root package.json names, started by npx, so that nothing has to be installed globally.
 *
 * @param {string} root
 * @param {readonly string[]} args
 * @returns {Command}
 */
export function pnpm(root, args) {
  const manifest = readFileSync(join(root, 'package.json'), 'utf8');
  const { packageManager } = /** @type {{ packageManager: string }} */ (JSON.parse(manifest));
  return { file: 'npx', args: ['--yes', '--prefer-offline', packageManager, ...args], cwd: root, env: npxEnv };
}

/**
 * One turbo task in all packages, or in those that `options` filter. Turbo finds pnpm on the PATH that npx sets.
 *
 * @param {string} root
 * @param {string} task
 * @param {readonly string[]} [options]
 * @param {Record<string, string>} [env]
 * @returns {Command}
 */
export function turbo(root, task, options = [], env = {}) {
  // one task a core: each of them is a compiler or a test run that fills one
  const standard = [`--concurrency=${availableParallelism()}`, '--log-order=grouped'];
  const command = pnpm(root, ['exec', 'turbo', 'run', task, ...standard, ...options]);
  return { ...command, env: { ...npxEnv, ...turboEnv, ...env } };
}

/**
 * A program that a package at the root of the repository brings along.
 *
 * @param {string} root
 * @param {string} name
 * @param {readonly string[]} args
 * @returns {Command}
 */
export function tool(root, name, args) {
  return { file: join(root, 'node_modules', '.bin', name), args, cwd: root };
}
