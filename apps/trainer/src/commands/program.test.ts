import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { openCheckpoint } from '@minigpt4/checkpoint';
import { hostTensor } from '@minigpt4/core';
import { saveProjection } from '@minigpt4/projection';
import { expectClose } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { makeTar, temporaryFolder } from '../../test/make-set.js';
import { runProgram } from '../command-line/run-program.js';
import type { TrainConfig } from '../config/train-config.js';

describe('minigpt4-trainer', async () => {
  const directory = await temporaryFolder();
  const tar = await makeTar(directory, 6);

  let isTTY = false;

  async function run(args: readonly string[], interrupted = new AbortController().signal) {
    const texts = { stdout: '', stderr: '' };
    const stream = (name: keyof typeof texts) =>
      Object.assign(new Writable({ write: (chunk: Buffer, _, done) => ((texts[name] += chunk.toString()), done()) }), {
        isTTY,
      });
    const exitCode = await runProgram(args, {
      directory,
      version: '1.2.3',
      environment: { XDG_CACHE_HOME: join(directory, 'cache') },
      stdout: stream('stdout'),
      stderr: stream('stderr'),
      interrupted,
    });
    return { exitCode, ...texts };
  }
  const training = (...more: readonly string[]) =>
    run([
      ...'stage1 --features features --batch-size 2 --threads 1 --sample-every 0'.split(' '),
      '--data',
      tar,
      ...more,
    ]);

  it('trains, with lines for people and one object for programs', async () => {
    const { exitCode, stdout, stderr } = await training(
      '--steps',
      '3',
      '--save-every',
      '2',
      '--output',
      'run',
      '--json',
    );
    expect(exitCode).toBe(0);
    expect(stderr.match(/^step \d\/3 loss \d+\.\d+ /gmu)).toHaveLength(3);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'finished',
      step: 3,
      projection: join(directory, 'run', 'projection.safetensors'),
    });
  });

  it('refuses to write over a run, and goes on with it', async () => {
    const refused = await training('--steps', '3', '--output', 'run', '--json');
    expect(refused.exitCode).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'OUTPUT_EXISTS' } });
    const resumed = await training('--steps', '4', '--output', 'run', '--resume');
    expect(resumed).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('step 4/4') });
  });

  it('says how to go on after an interrupt, and exits as a shell expects', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort('SIGINT'), 700);
    const { exitCode, stderr } = await run(
      ['stage1', '--data', tar, '--features', 'features', '--output', 'stopped'],
      stop.signal,
    );
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/interrupted.*(--resume|go on)/u);
  });

  it('draws a bar on a terminal', async () => {
    isTTY = true;
    const { stderr } = await training('--steps', '2', '--output', 'bar');
    isTTY = false;
    expect(stderr).toMatch(/\[=+ *\] step \d\/2/u);
  });

  it('prints a configuration and where its values come from', async () => {
    const dry = await training('--dry-run', '--learning-rate', '0.001', '--set', 'optimizer.beta2=0.98');
    const config = JSON.parse(dry.stdout) as TrainConfig;
    expect(config).toMatchObject({ datasets: [{ data: [tar], batchSize: 2 }], optimizer: { beta2: 0.98 } });
    expectClose([config.schedule.initLr, config.schedule.minLr], [0.001, 0.0001]);
    const printed = await run(['config', 'print', 'stage1', '--data', tar, '--seed', '7']);
    expect(printed.stdout).toMatch(/^seed +7 {2}\(--seed\)$/mu);
    expect(printed.stdout).toMatch(/^steps +2555 {2}\(built-in tiny\)$/mu);
  });

  it('mixes sets by ratio', async () => {
    const { stdout } = await run(['stage1', '--mix', '115=a.tar', '14=b.tar', '--dry-run']);
    expect((JSON.parse(stdout) as TrainConfig).datasets).toMatchObject([
      { ratio: 115, data: [join(directory, 'a.tar')] },
      { ratio: 14, data: [join(directory, 'b.tar')] },
    ]);
  });

  it('uses the set that was built where no data is named, and says how to get one', async () => {
    const missing = await run(['stage1']);
    expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('DATA_MISSING') });
    expect(missing.stderr).toContain('data emoji');
    const home = join(directory, 'cache', 'minigpt4', 'emoji');
    await mkdir(join(home, 'stage2'), { recursive: true });
    const second = await run(['stage2', '--projection', 'random', '--dry-run']);
    expect((JSON.parse(second.stdout) as TrainConfig).datasets[0]!.data).toEqual([join(home, 'stage2')]);
  });

  it('starts stage 2 from stage 1, wherever that is', async () => {
    const missing = await run(['stage2', '--data', tar]);
    expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('PROJECTION_MISSING') });
    const path = join(directory, 'runs', 'tiny-stage1');
    await mkdir(path, { recursive: true });
    await saveProjection(join(path, 'projection.safetensors'), {
      weight: hostTensor('float32', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6)),
      bias: hostTensor('float32', [2], Float32Array.of(7, 8)),
    });
    const { stdout } = await run(['stage2', '--data', tar, '--dry-run']);
    expect((JSON.parse(stdout) as TrainConfig).projection).toBe(join(path, 'projection.safetensors'));
  });

  it('exports a run for the original, and back', async () => {
    const exported = await run(['export', 'runs/tiny-stage1', '--output', 'out.pth', '--json']);
    expect(JSON.parse(exported.stdout)).toMatchObject({ format: 'pth', inputWidth: 3, outputWidth: 2 });
    await using checkpoint = await openCheckpoint(join(directory, 'out.pth'));
    expect(checkpoint.format).toBe('torch');
    expect(checkpoint.names()).toEqual(['llama_proj.weight', 'llama_proj.bias']);
    await run(['export', 'out.pth', '--output', 'back.safetensors']);
    await run(['export', 'runs/tiny-stage1', '--output', 'there.safetensors']);
    const bytes = (name: string) => readFile(join(directory, name));
    expect(await bytes('back.safetensors')).toEqual(await bytes('there.safetensors'));
    expect(await run(['export', 'out.pth', '--output', 'x.zip'])).toMatchObject({ exitCode: 1 });
  });

  it('computes features ahead of training', async () => {
    const args = ['features', '--data', tar, '--features', 'ahead', '--json'];
    expect(JSON.parse((await run(args)).stdout)).toMatchObject({ samples: 6, encoded: 6 });
    expect(JSON.parse((await run(args)).stdout)).toMatchObject({ samples: 6, encoded: 0 });
  });

  it.each([
    [['stagee1'], 'Did you mean stage1?'],
    [['stage1', '--stps', '3'], 'Did you mean --steps?'],
    [['stage1', '--steps', '0'], 'whole number of at least 1'],
    [['stage1', '--data', 'x', '--mix', '1=y'], 'cannot be used with'],
    [['stage1', '--config', 'tyni'], 'tyni'],
    [['features', '--part', '5/4'], '1/4'],
  ])('exits with 2 after %j', async (args, message) => {
    const { exitCode, stderr, stdout } = await run(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
  });

  it('shows help with examples at every level, and its version', async () => {
    for (const args of [[], ['stage1'], ['stage2'], ['features'], ['export'], ['config', 'print']]) {
      const { exitCode, stdout } = await run([...args, '--help']);
      expect(exitCode).toBe(0);
      expect(stdout.match(/^ {2}minigpt4-trainer /gmu)!.length).toBeGreaterThanOrEqual(2);
    }
    expect((await run(['--version'])).stdout).toBe('1.2.3\n');
  });
});
