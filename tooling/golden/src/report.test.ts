import { describe, expect, it } from 'vitest';
import { Report } from './report.js';

function compared(compare: (report: Report) => void): boolean[] {
  const report = new Report(() => {});
  compare(report);
  return report.checks.map(({ ok }) => ok);
}

describe('Report', () => {
  it('fails what is too far off, of another length or not a number', () => {
    const checks = compared(report => {
      report.close('near', [1, 2], [1, 2.001], 0.01);
      report.close('far', [1, 2], [1, 2.1], 0.01);
      report.close('short', [1], [1, 2], 0.01);
      report.close('nothing', [Number.NaN, 2], [1, 2], 0.01);
      report.close('nothing later', [1, Number.NaN, 2], [1, 2, 2], 0.01);
    });
    expect(checks).toEqual([true, false, false, false, false]);
  });

  it('fails whole numbers that differ anywhere or in number', () => {
    const checks = compared(report => {
      report.equal('same', [1, 2], [1, 2]);
      report.equal('other', [1, 3], [1, 2]);
      report.equal('longer', [1, 2, 3], [1, 2]);
      report.equal('shorter', [1], [1, 2]);
    });
    expect(checks).toEqual([true, false, false, false]);
  });

  it('prints a line for each, skipped ones with their reason', () => {
    const lines: string[] = [];
    const report = new Report(line => lines.push(line));
    report.close('a', [1], [1], 0);
    report.skip('b', 'not there');
    expect(lines[0]).toMatch(/^ok {5}a .*max abs 0\.00e\+0.*tolerance 0\.00e\+0$/);
    expect(lines[1]).toMatch(/^skipped b .*not there$/);
  });
});
