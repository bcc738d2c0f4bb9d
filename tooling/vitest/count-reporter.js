import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Why a test was skipped: the note given to `context.skip`, else the outermost skipped group around it, else its own name.
 *
 * @param {import('vitest/node').TestCase} test
 */
function reasonOf(test) {
  const result = test.result();
  if (result.state === 'skipped' && result.note) return result.note;
  let reason = test.name;
  for (let suite = test.parent; suite.type === 'suite'; suite = suite.parent) {
    if (suite.options.mode === 'skip') reason = suite.name;
  }
  return reason;
}

/**
 * Writes `test-report.json` when a run ends: `{ passed, failed, skipped, skipReasons: { reason: count }, errors: [text] }`.
 * `errors` holds what failed outside any test: a file that does not load, a hook that throws, an unhandled rejection.
 */
export class CountReporter {
  file = 'test-report.json';

  /** @param {import('vitest/node').Vitest} vitest */
  onInit(vitest) {
    this.file = join(vitest.config.root, this.file);
  }

  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly import('vitest').SerializedError[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    /** @type {Record<string, number>} */
    const skipReasons = {};
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const errors = unhandledErrors.map(({ message }) => message);
    for (const module of modules) {
      errors.push(...module.errors().map(({ message }) => `${module.relativeModuleId}: ${message}`));
      for (const suite of module.children.allSuites()) {
        errors.push(...suite.errors().map(({ message }) => `${suite.fullName}: ${message}`));
      }
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        // a test still pending when the run ends was lost with its process
        counts[state === 'pending' ? 'failed' : state] += 1;
        if (state === 'skipped') skipReasons[reasonOf(test)] = (skipReasons[reasonOf(test)] ?? 0) + 1;
      }
    }
    writeFileSync(this.file, `${JSON.stringify({ ...counts, skipReasons, errors }, undefined, 2)}\n`);
  }
}
