import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { makeTar, temporaryFolder } from '../../test/make-set.js';
import { runProgram } from '../command-line/run-program.js';
import { makeEvaluation } from '../evaluate/__fixtures__/make-evaluation.js';
import { writeRun } from '../report/__fixtures__/write-run.js';

describe('minigpt4-trainer evaluate and report', async () => {
  const directory = await temporaryFolder();
  const tar = await makeTar(directory, 3);
  const one = makeEvaluation({ named: [1, 1, 0], captionLoss: [3, 2, 4] });
  await writeFile(join(directory, 'one.json'), JSON.stringify(one));
  const other = makeEvaluation({ named: [0, 1, 0], captionLoss: [3, 3, 5] });
  await writeFile(join(directory, 'other.json'), JSON.stringify(other));

  async function run(line: string, interrupted = new AbortController().signal) {
    const texts = { stdout: '', stderr: '' };
    const stream = (name: keyof typeof texts) =>
      new Writable({ write: (chunk: Buffer, _, done) => ((texts[name] += chunk.toString()), done()) });
    const exitCode = await runProgram(line.split(' '), {
      directory,
      version: '1.2.3',
      environment: { XDG_CACHE_HOME: join(directory, 'cache') },
      stdout: stream('stdout'),
      stderr: stream('stderr'),
      interrupted,
    });
    return { exitCode, ...texts };
  }

  it('prints one object, and keeps single answers in a file', async () => {
    const { exitCode, stdout } = await run(`evaluate --data ${tar} --threads 1 --output kept.json --json`);
    expect(exitCode).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    const printed = JSON.parse(stdout) as Record<string, unknown>;
    // the set has no labels
    expect(printed).toMatchObject({ n: 3, named: null, category: null, partial: false });
    expect(printed.captionLoss).toBeTypeOf('number');
    expect(printed.samples).toBeUndefined();
    const kept = JSON.parse(await readFile(join(directory, 'kept.json'), 'utf8')) as Record<string, unknown>;
    expect(kept).toEqual({ ...printed, samples: expect.any(Array) as unknown });
  });

  it('compares two results without a model', async () => {
    const text = await run('evaluate --result one.json --compare other.json');
    expect(text.stdout).toMatch(/^named +0\.6667 +0\.3333 +\+0\.3333/m);
    const { stdout } = await run('evaluate --result one.json --compare other.json --json');
    const { comparison } = JSON.parse(stdout) as { comparison: { figures: unknown[] } };
    expect(comparison.figures).toHaveLength(2);
  });

  it('ends with what there is after an interrupt', async () => {
    const { exitCode, stdout, stderr } = await run(
      `evaluate --data ${tar} --threads 1 --json`,
      AbortSignal.abort('SIGINT'),
    );
    expect(exitCode).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ n: 0, partial: true });
    expect(stderr).toContain('interrupted');
  });

  it.each([
    ['evaluate --metrics named,nonsense', 2, 'got "nonsense"'],
    ['evaluate --limit 0', 2, 'at least 1'],
    ['evaluate --pope-question dog?', 2, 'with {} where'],
    ['evaluate --abilities --compare one.json', 2, 'cannot be used with'],
    ['evaluate', 1, 'DATA_MISSING'],
    ['evaluate --result absent.json', 1, 'EVALUATION_UNREADABLE'],
    ['evaluate --compare absent.json', 1, 'EVALUATION_UNREADABLE'],
    ['evaluate --abilities --image absent.png', 1, 'IMAGE_NOT_FOUND'],
    ['report absent', 1, 'RUN_NOT_FOUND'],
  ])('says what is wrong with "%s"', async (line, code, message) => {
    const { exitCode, stdout, stderr } = await run(line);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('writes the report of a run into its folder, or where it is told to', async () => {
    await writeRun(join(directory, 'first'));
    await writeRun(join(directory, 'second'));
    await writeFile(join(directory, 'first', 'evaluation-x.json'), '{');
    const { exitCode, stdout, stderr } = await run('report first');
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    expect(stderr).toMatch(/^warning: .*evaluation-x\.json/);
    expect(await readFile(join(directory, 'first', 'report.html'), 'utf8')).toContain('<title>first</title>');
    const both = await run('report first --against second --output both.html --json');
    expect(JSON.parse(both.stdout)).toMatchObject({ runs: ['first', 'second'], output: join(directory, 'both.html') });
    expect((await run('report first --output nowhere/page.html')).stderr).toContain('OUTPUT_UNWRITABLE');
  });
});
