import { describe, expect, it } from 'vitest';
import { summarize, type TestReport } from './test-summary.js';

const passed: TestReport = { passed: 3, failed: 0, skipped: 0, skipReasons: {}, errors: [] };
const skipping: TestReport = { passed: 1, failed: 0, skipped: 2, skipReasons: { 'no browser': 2 }, errors: [] };

const outcome = (reports: Record<string, TestReport | undefined>, failedChecks: string[] = [], exitCode = 0) =>
  summarize({ reports: new Map(Object.entries(reports)), failedChecks, exitCode });

describe('summarize', () => {
  it('shows each package, why tests were skipped, and the counts on the last line', () => {
    const { lines, ok } = outcome({ '@minigpt4/core': passed, '@minigpt4/chat': skipping });
    expect(ok).toBe(true);
    expect(lines).toEqual([
      '',
      'package          passed   failed  skipped',
      '@minigpt4/core        3        0        0',
      '@minigpt4/chat        1        0        2',
      'skipped 2 in @minigpt4/chat: no browser',
      '4 passed, 0 failed, 2 skipped',
    ]);
  });

  it.each([
    {
      why: 'a failed test',
      reports: { a: { ...passed, failed: 1 } },
      last: '3 passed, 1 failed, 0 skipped',
      named: '',
    },
    {
      why: 'a crash',
      reports: { a: undefined },
      last: '0 passed, 1 failed, 0 skipped',
      named: 'a: its test run ended',
    },
    {
      why: 'an error outside any test',
      reports: { a: { ...passed, errors: ['x.test.ts: does not load'] } },
      last: '3 passed, 1 failed, 0 skipped',
      named: 'a: x.test.ts: does not load',
    },
    {
      why: 'no test at all',
      reports: { a: { ...passed, passed: 0 } },
      last: '0 passed, 0 failed, 0 skipped',
      named: 'no test ran',
    },
  ])('is not ok after $why', ({ reports, last, named }) => {
    const { lines, ok } = outcome(reports);
    expect(ok).toBe(false);
    expect(lines.at(-1)).toBe(last);
    expect(lines.join('\n')).toContain(named);
  });

  it('names failed checks before the last line', () => {
    const { lines, ok } = outcome({ a: passed }, ['lint', 'types']);
    expect(ok).toBe(false);
    expect(lines.slice(-2)).toEqual(['failed  checks: lint, types', '3 passed, 0 failed, 0 skipped']);
  });

  it('counts a run that failed though every report is green', () => {
    const { lines, ok } = outcome({ a: passed }, [], 1);
    expect(ok).toBe(false);
    expect(lines.at(-1)).toBe('3 passed, 1 failed, 0 skipped');
  });
});
