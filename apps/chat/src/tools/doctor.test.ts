import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { weightsDirectory } from '@minigpt4/tiny';
import type { Diagnosis } from 'minigpt4/diagnose';
import { describe, expect, it } from 'vitest';
import { stubModel } from '../../test/stub-model.js';
import { stubSurroundings } from '../../test/stub-surroundings.js';
import { runCommandLine } from '../command-line/run-command-line.js';

async function run(args: readonly string[], directory = tmpdir()) {
  const surroundings = stubSurroundings({ model: stubModel(), directory });
  const exitCode = await runCommandLine(['doctor', ...args], '1.2.3', surroundings);
  return { exitCode, output: surroundings.output(), errors: surroundings.errors() };
}

describe('doctor', () => {
  it('says a line a finding, and how many there are', async () => {
    const { exitCode, output, errors } = await run([]);
    expect([exitCode, errors]).toEqual([0, '']);
    const lines = output.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^ok {7}NODE_VERSION {11}Node \d+/);
    expect(output).toMatch(/^ok +MODEL +tiny: a whole model$/m);
    expect(lines.at(-1)).toBe('13 ok, 0 warnings, 0 failures');
  });

  it('prints one object for programs, of a directory that paths start from', async () => {
    const { exitCode, output } = await run(['--model', 'weights', '--json'], dirname(weightsDirectory()));
    const diagnosis = JSON.parse(output) as Diagnosis;
    expect([exitCode, diagnosis.source, diagnosis.level]).toEqual([0, 'weights', 'ok']);
    expect(diagnosis.languageModel?.rows).toBe(4096);
  });

  it('fails where the model cannot be used, and says what to do', async () => {
    const { exitCode, output } = await run(['--model', 'vicuna-7b']);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/^failure +MODEL_NOT_FOUND +vicuna-7b: /m);
    expect(output).toMatch(/^ +Name the directory instead of the preset/m);
    expect(output.trimEnd()).toMatch(/4 ok, 0 warnings, 1 failure$/);
    const elsewhere = await run(['--model', 'vicuna-7b', '--directory', 'nothing-here', '--json']);
    expect(JSON.parse(elsewhere.output)).toMatchObject({ level: 'failure' });
    expect(elsewhere.output).toContain('eva_vit_g.pth');
  });

  it('helps, and refuses what it does not know', async () => {
    const help = await run(['--help']);
    expect([help.exitCode, help.output]).toEqual([0, expect.stringContaining('minigpt4-chat doctor --model')]);
    const wrong = await run(['--modle', 'tiny']);
    expect([wrong.exitCode, wrong.errors]).toEqual([2, expect.stringContaining('UNKNOWN_FLAG')]);
  });
});
