import { join } from 'node:path';
import { runCaptured, runInherited } from './run.js';
import { build, install } from './set-up.js';
import { tool, turbo } from './tools.js';

/** @typedef {{ name: string, ok: boolean, seconds: number, output: string }} CheckResult */

const checked = ['packages', 'apps', 'tooling'];
const formatted = ['--config-path=tooling/lint/format.json', ...checked, 'package.json', 'turbo.json'];

/**
 * Runs every check that needs no test: rules of the repository, lint, format, types. All of them, also after a failure.
 *
 * @param {string} root the repository
 * @returns {Promise<CheckResult[]>}
 */
export async function check(root) {
  await build(root, '@minigpt4/repo-checks');
  const lint = ['--type-aware', '--deny-warnings', '-c', 'tooling/lint/oxlintrc.json', ...checked];
  const commands = {
    repository: repoChecks(root, ['sources']),
    lint: tool(root, 'oxlint', lint),
    format: tool(root, 'biome', ['format', '--reporter=summary', ...formatted]),
    types: turbo(root, 'types', ['--continue', '--output-logs=errors-only']),
  };
  const results = [];
  for (const [name, command] of Object.entries(commands)) {
    const begun = performance.now();
    const { exitCode, output } = await runCaptured(command);
    const seconds = (performance.now() - begun) / 1000;
    results.push({ name, ok: exitCode === 0, seconds, output });
  }
  return results;
}

/**
 * Prints one line for each check, and all that a failed one said.
 *
 * @param {readonly CheckResult[]} results
 * @returns {number} 1 when one failed
 */
export function showChecks(results) {
  for (const { name, ok, seconds, output } of results) {
    if (!ok) process.stdout.write(`${output.trimEnd()}\n`);
    process.stdout.write(`check ${name.padEnd(12)} ${ok ? 'ok' : 'FAILED'} ${seconds.toFixed(1)} s\n`);
  }
  return results.every(({ ok }) => ok) ? 0 : 1;
}

/**
 * Formats every file as `check` wants it, and writes what is generated in the documents.
 *
 * @param {string} root the repository
 * @returns {Promise<number>}
 */
export async function format(root) {
  await build(root, '@minigpt4/repo-checks');
  const exitCode = await runInherited(tool(root, 'biome', ['format', '--write', ...formatted]));
  return exitCode === 0 ? runInherited(repoChecks(root, ['write'])) : exitCode;
}

/**
 * Builds every package, then looks at each as npm would publish it.
 *
 * @param {string} root the repository
 * @returns {Promise<number>}
 */
export async function buildAll(root) {
  await install(root);
  const exitCode = await runInherited(turbo(root, 'build', ['--output-logs=errors-only']));
  return exitCode === 0 ? runInherited(repoChecks(root, ['published'])) : exitCode;
}

/**
 * @param {string} root
 * @param {readonly string[]} args
 */
function repoChecks(root, args) {
  return {
    file: process.execPath,
    args: [join(root, 'tooling', 'repo-checks', 'dist', 'main.js'), ...args],
    cwd: root,
  };
}
