import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/make-set.js';
import { makeEvaluation } from '../evaluate/__fixtures__/make-evaluation.js';
import { writeRun } from './__fixtures__/write-run.js';
import { readRun } from './read-run.js';
import { runReport } from './run-report.js';

const folder = await temporaryFolder();
const evaluation = makeEvaluation({ named: [1, 0, 0, 0], captionLoss: [2, 3, 2, 3] });

describe('readRun', () => {
  it('reads curves, answers and evaluations, and tells what it could not', async () => {
    const path = await writeRun(join(folder, 'whole'));
    await writeFile(join(path, 'evaluation-test.json'), JSON.stringify(evaluation));
    await writeFile(join(path, 'evaluation-broken.json'), '[');
    const run = await readRun(path);
    expect(run.curves.loss).toHaveLength(89);
    expect(run.curves.validationLoss.map(([step]) => step)).toEqual([30, 60, 90]);
    expect(run.seconds).toBe(89 * 1.5);
    expect(run.samples).toHaveLength(8);
    expect(run.evaluations.map(({ file }) => file)).toEqual(['evaluation-test.json']);
    expect(run.warnings).toEqual([expect.stringContaining('evaluation-broken.json')]);
  });

  it('names a folder that holds no run', async () => {
    await expect(readRun(folder)).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});

describe('runReport', () => {
  it('is one file that asks nobody for anything and takes no markup from data', async () => {
    const page = runReport(await readRun(await writeRun(join(folder, 'offline'))));
    const loaded = [...page.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"')\s]+)/gi)].map(([, address]) => address);
    expect(loaded.length).toBeGreaterThan(0);
    for (const address of loaded) expect(address).toMatch(/^data:image\/webp;base64,/);
    expect(page).not.toMatch(/@import|<link|<script src/);
    expect(page).toContain('What &lt;b&gt;is&lt;/b&gt; this?');
    expect(page).not.toContain('<b>is</b>');
    expect(page).toContain('/data/a&amp;b.tar');
  });

  it('shows figures, curves, and the answers before, after and between', async () => {
    const page = runReport(await readRun(await writeRun(join(folder, 'curves'))));
    expect(page.match(/<figure class="chart/g)).toHaveLength(5);
    for (const text of ['3.1234', '2 min 14 s', '2.00 → 2.50', 'one at 0', 'one at 90', '2 between', '8.0 GiB']) {
      expect(page).toContain(text);
    }
    expect(page).not.toContain('<h2>Alarms</h2>');
    expect(page).not.toContain('<h2>Evaluation</h2>');
  });

  it('shows alarms, and evaluations with their errors', async () => {
    const alarms = [{ code: 'DATA_WAIT' as const, step: 50, message: 'data come slowly.' }];
    const path = await writeRun(join(folder, 'alarms'), { alarms });
    await writeFile(join(path, 'evaluation-test.json'), JSON.stringify(evaluation));
    const page = runReport(await readRun(path));
    expect(page).toContain('<b>DATA_WAIT</b> step 50: data come slowly.');
    expect(page).toContain('0.2500 <span class="error">± 0.2500</span>');
  });

  it('holds two runs side by side', async () => {
    const runs = await Promise.all(['left', 'right'].map(async name => readRun(await writeRun(join(folder, name)))));
    const page = runReport(runs[0]!, runs[1]);
    expect(page).toContain('<title>left against right</title>');
    expect(page).toContain('left, step 90');
    expect(page).toContain('right, step 90');
    expect(page.match(/polyline class="marked colour[01]"/g)).toHaveLength(2);
  });

  it('shows a run that has just begun', async () => {
    const path = await writeRun(join(folder, 'young'), { status: 'running', step: 0, best: null });
    for (const file of ['metrics.jsonl', 'samples.jsonl']) await writeFile(join(path, file), '');
    const page = runReport(await readRun(path));
    expect(page.match(/nothing logged/g)).toHaveLength(5);
    expect(page).toContain('no sample answers');
  });
});
