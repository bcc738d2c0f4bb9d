import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { check, showChecks } from './check.js';
import { fingerprintOfStat, listFiles } from './fingerprint.js';
import { runCaptured, runInherited } from './run.js';
import { summarize } from './test-summary.js';
import { turbo } from './tools.js';
import { readWorkspace } from './workspace.js';

/**
 * Runs all checks and all tests and prints the table of them; the very last line is `N passed, N failed, N skipped`.
 *
 * @param {string} root the repository
 * @returns {Promise<number>} 1 on a failed check or test, and when no test ran
 */
export async function test(root) {
  const registry = registryReachable(root);
  const checks = await check(root);
  showChecks(checks);
  const failedChecks = checks.filter(({ ok }) => !ok).map(({ name }) => name);

  const tested = [...readWorkspace(root).values()].filter(({ manifest }) => manifest.scripts?.['test'] !== undefined);
  // turbo puts the report of a cached run back; one that is there before it is of no run
  for (const { folder } of tested) rmSync(join(root, folder, 'test-report.json'), { force: true });
  const options = ['--continue', '--output-logs=new-only'];
  const env = { ...surroundings(root), REGISTRY_REACHABLE: String(await registry) };
  const exitCode = await runInherited(turbo(root, 'test', options, env));
  if (exitCode > 128) return exitCode;

  const reports = new Map(tested.map(({ name, folder }) => [name, readReport(join(root, folder, 'test-report.json'))]));
  if (!existsSync(sharedFolder(root)))
    process.stdout.write('\n../shared is absent: tests against the reference material skip\n');
  const { lines, ok } = summarize({ reports, failedChecks, exitCode });
  process.stdout.write(`${lines.join('\n')}\n`);
  return ok ? 0 : 1;
}

/**
 * What tests depend on and turbo cannot see, as variables that turbo.json names: the reference material beside the repository
 * and the programs of the machine.
 *
 * @param {string} root
 * @returns {Record<string, string>}
 */
function surroundings(root) {
  const shared = sharedFolder(root);
  const browser = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(existsSync) ?? 'no browser';
  return {
    MINIGPT4_SHARED_FINGERPRINT: fingerprintOfStat(shared, listFiles(shared)),
    MINIGPT4_MACHINE_FINGERPRINT: `${process.platform} ${process.arch} node ${process.version} ${browser}`,
  };
}

/**
 * Whether npm can install something now: a run that could not is no answer for a machine that can.
 *
 * @param {string} root
 */
async function registryReachable(root) {
  const args = ['view', 'pure-rand', 'version', '--prefer-online', '--fetch-retries=0', '--fetch-timeout=10000'];
  return (await runCaptured({ file: 'npm', args, cwd: root })).exitCode === 0;
}

/** @param {string} file */
function readReport(file) {
  if (!existsSync(file)) return undefined;
  return /** @type {import('./test-summary.js').TestReport} */ (JSON.parse(readFileSync(file, 'utf8')));
}

/** @param {string} root */
function sharedFolder(root) {
  return join(root, '..', 'shared');
}
