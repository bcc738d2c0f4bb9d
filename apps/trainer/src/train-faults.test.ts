import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type * as files from 'node:fs/promises';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { makeTar, temporaryFolder } from '../test/make-set.js';
import { recordingReporter } from '../test/recording-reporter.js';
import { tinyStage1 } from './configs/tiny-stage1.js';
import type { TrainConfig } from './config/train-config.js';
import { readManifest } from './run/manifest.js';
import { train } from './train.js';

/** Part of the names of files that the disk has no room for. */
let noRoomFor: RegExp | undefined;

vi.mock('node:fs/promises', async importOriginal => {
  const original = await importOriginal<typeof files>();
  const openOrRefuse: typeof files.open = async (path, ...rest) => {
    const handle = await original.open(path, ...rest);
    if (noRoomFor?.test(String(path)) === true && rest[0] === 'wx') {
      vi.spyOn(handle, 'write').mockRejectedValue(new Error('ENOSPC: no space left on device, write'));
    }
    return handle;
  };
  return { ...original, open: openOrRefuse };
});

describe('a run that meets trouble', async () => {
  const folder = await temporaryFolder();
  const features = join(folder, 'features');
  const tar = await makeTar(folder, 7);

  const config = (data: readonly string[], steps = 6): TrainConfig => ({
    ...tinyStage1,
    datasets: [{ ...tinyStage1.datasets[0]!, data, batchSize: 4 }],
    steps,
    schedule: { ...tinyStage1.schedule, warmupSteps: 2, itersPerEpoch: 6 },
    saveEvery: 2,
    validateEvery: 0,
    sampleEvery: 0,
    sampleCount: 1,
    threads: 1,
  });
  const run = (name: string, options: object = {}, data: readonly string[] = [tar]) =>
    train(config(data), { output: join(folder, name), features, reporter: recordingReporter(), ...options });
  const projectionOf = (name: string) => readFile(join(folder, name, 'projection.safetensors'));
  const straight = run('straight').then(() => projectionOf('straight'));

  it('uses what is whole of two bad shards, and says what it left out', async () => {
    const [cut, noTar] = [join(folder, 'cut.tar'), join(folder, 'no.tar')];
    const whole = await readFile(await makeTar(folder, 9));
    await writeFile(cut, whole.subarray(0, Math.floor(whole.length / 2)));
    await writeFile(noTar, 'this is a letter '.repeat(100));
    const reporter = recordingReporter();
    const result = await run('bad-shards', { reporter }, [tar, cut, noTar]);
    expect(result).toMatchObject({ status: 'finished', step: 6 });
    const { skipped } = (await readManifest(join(folder, 'bad-shards', 'manifest.json')))!;
    expect(skipped.byReason).toMatchObject({ TRUNCATED_SHARD: 1, BAD_SHARD: 1 });
    expect(skipped.examples.join('\n')).toMatch(/cut\.tar.*\n.*no\.tar/u);
    expect(reporter.warnings.join('\n')).toMatch(/left out \(.*1 TRUNCATED_SHARD.*\)/u);
  });

  it('keeps the state before when the disk is full, and goes on from it to the same bytes', async () => {
    noRoomFor = /step-00000004\.safetensors/u;
    const failing = run('full-disk');
    await expect(failing).rejects.toMatchObject({
      code: 'CHECKPOINT_WRITE',
      message: expect.stringMatching(/ENOSPC.*free space/u) as unknown,
    });
    noRoomFor = undefined;
    const reporter = recordingReporter();
    await run('full-disk', { reporter, resume: true });
    expect(reporter.steps[0]!.step).toBe(3);
    expect(await projectionOf('full-disk')).toEqual(await straight);
  });

  it('goes back to the state before a corrupt one, says so, and ends with the same bytes', async () => {
    const crash = recordingReporter(step => {
      if (step === 5) throw new Error('killed');
    });
    await expect(run('corrupt', { reporter: crash })).rejects.toThrow('killed');
    const state = join(folder, 'corrupt', 'resume', 'step-00000004.safetensors');
    const bytes = await readFile(state);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(state, bytes);
    const reporter = recordingReporter();
    await run('corrupt', { reporter, resume: true });
    expect(reporter.warnings).toEqual([expect.stringMatching(/step-00000004.*Going on from the state before it/u)]);
    expect(reporter.steps[0]!.step).toBe(3);
    expect(await projectionOf('corrupt')).toEqual(await straight);
  });

  it('ends with the same bytes after SIGKILL at any step', async () => {
    const output = join(folder, 'sigkill');
    const killAfter = 1 + Math.floor(Math.random() * 5);
    const args = ['stage1', '--data', tar, '--output', output, '--features', features, '--batch-size', '4'];
    const numbers = '--steps 6 --schedule-steps 6 --save-every 2 --sample-every 0 --threads 1 --log-every 1'.split(' ');
    const settings = ['--set', 'schedule.warmupSteps=2', 'sampleCount=1', '--validate-every', '0'];
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('main.ts', import.meta.url)), ...args, ...numbers, ...settings],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const said: string[] = [];
    for await (const line of createInterface(child.stderr)) {
      said.push(line);
      if (line.startsWith(`step ${killAfter}/`)) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode, said.join('\n')).toBe('SIGKILL');
    await run('sigkill', { resume: true });
    expect(await projectionOf('sigkill'), `killed after step ${killAfter}`).toEqual(await straight);
  });
});
