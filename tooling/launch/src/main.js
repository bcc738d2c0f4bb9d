import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAll, check, format, showChecks } from './check.js';
import { LaunchError, runInherited } from './run.js';
import { build, install } from './set-up.js';
import { test } from './test.js';
import { pnpm } from './tools.js';
import { readWorkspace } from './workspace.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The programs of the repository by the root script that starts them. @type {Record<string, string>} */
const programs = {
  start: '@minigpt4/chat',
  train: '@minigpt4/trainer',
  golden: '@minigpt4/golden',
  bench: '@minigpt4/bench',
  rehearse: '@minigpt4/packaging',
};

/** Checks that take minutes, by the word after `npm run check --` that asks for one. @type {Record<string, string>} */
const longChecks = {
  damage: '@minigpt4/damage',
};

/** What a root script does itself, to an exit code. @type {Record<string, () => Promise<number>>} */
const chores = {
  test: () => test(root),
  check: async () => showChecks(await check(root)),
  build: () => buildAll(root),
  format: () => format(root),
};

/**
 * Does what a root script asks for and gives the process its exit code.
 *
 * @param {string | undefined} name of the root script
 * @param {readonly string[]} args that the user typed after it
 */
export async function main(name = '', args = []) {
  try {
    process.exitCode = await launch(name, args);
  } catch (error) {
    if (!(error instanceof LaunchError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}

/**
 * @param {string} name
 * @param {readonly string[]} args
 */
async function launch(name, args) {
  const program = programs[name];
  if (program !== undefined) return runProgram(program, args);
  const longCheck = name === 'check' ? longChecks[args[0] ?? ''] : undefined;
  if (longCheck !== undefined) return runProgram(longCheck, args.slice(1));
  if (name === 'changeset') {
    await install(root);
    // pnpm runs it, because publishing looks for pnpm on the PATH
    return runInherited(pnpm(root, ['exec', 'changeset', ...args]));
  }
  const chore = chores[name];
  const names = Object.keys({ ...programs, ...chores, changeset: true }).join(', ');
  if (chore === undefined)
    throw new LaunchError(`launch: one of ${names} expected, got '${name}'. Run npm run NAME.`, 2);
  if (args.length > 0) {
    const what = name === 'check' ? `nothing or one of ${Object.keys(longChecks).join(', ')}` : 'no arguments';
    throw new LaunchError(`${name}: ${what} expected, got ${args.join(' ')}. Leave out what follows --.`, 2);
  }
  return chore();
}

/**
 * Builds a program and what it needs, and runs it with the user's arguments.
 *
 * @param {string} program the name of its package
 * @param {readonly string[]} args
 */
async function runProgram(program, args) {
  await build(root, program);
  const folder = readWorkspace(root).get(program)?.folder ?? '';
  return runInherited({ file: process.execPath, args: [join(root, folder, 'dist', 'main.js'), ...args] });
}
