/**
 * What one package's run of vitest left behind, see `tooling/vitest/count-reporter.js`.
 *
 * @typedef {object} TestReport
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {Record<string, number>} skipReasons
 * @property {readonly string[]} errors what failed outside any test
 */

/**
 * @typedef {object} Outcome
 * @property {ReadonlyMap<string, TestReport | undefined>} reports by package; undefined where its run left none
 * @property {readonly string[]} failedChecks
 * @property {number} exitCode of the run over all packages
 */

/**
 * The end of a test run for people: a table of packages, why tests were skipped, what went wrong, and the line of counts.
 *
 * @param {Outcome} outcome
 */
export function summarize({ reports, failedChecks, exitCode }) {
  const rows = [...reports].map(([name, report]) => ({ name, ...counted(report) }));
  const total = { passed: sum(rows, 'passed'), failed: sum(rows, 'failed'), skipped: sum(rows, 'skipped') };
  const problems = rows.flatMap(({ name, errors }) => errors.map(error => `failed  ${name}: ${error}`));
  if (exitCode !== 0 && total.failed === 0) {
    problems.push(`failed  the test run ended with exit code ${exitCode} though no test failed`);
    total.failed += 1;
  }
  if (total.passed + total.failed === 0) problems.push('failed  no test ran');
  if (failedChecks.length > 0) problems.push(`failed  checks: ${failedChecks.join(', ')}`);

  const skips = rows.flatMap(({ name, skipReasons }) =>
    Object.entries(skipReasons).map(([reason, count]) => `skipped ${count} in ${name}: ${reason}`),
  );
  const lines = [
    '',
    ...table(rows),
    ...skips,
    ...problems,
    `${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`,
  ];
  return { lines, ok: problems.length === 0 && total.failed === 0 };
}

/** @param {TestReport | undefined} report */
function counted(report) {
  if (report === undefined) {
    return { passed: 0, failed: 1, skipped: 0, skipReasons: {}, errors: ['its test run ended without a report'] };
  }
  return { ...report, failed: report.failed + report.errors.length };
}

/**
 * @param {readonly Record<'passed' | 'failed' | 'skipped', number>[]} rows
 * @param {'passed' | 'failed' | 'skipped'} column
 */
function sum(rows, column) {
  return rows.reduce((total, row) => total + row[column], 0);
}

/** @param {readonly (Record<'passed' | 'failed' | 'skipped', number> & { name: string })[]} rows */
function table(rows) {
  const width = Math.max(7, ...rows.map(({ name }) => name.length));
  /** @param {readonly (string | number)[]} cells */
  const line = ([name, ...counts]) =>
    String(name).padEnd(width) + counts.map(count => String(count).padStart(9)).join('');
  return [
    line(['package', 'passed', 'failed', 'skipped']),
    ...rows.map(({ name, passed, failed, skipped }) => line([name, passed, failed, skipped])),
  ];
}
