import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, writeSafetensors } from '@minigpt4/checkpoint';
import { float32ToFloat16, hostTensor, random, type HostTensor } from '@minigpt4/core';
import { weightsDirectory } from '@minigpt4/tiny';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stubModel } from '../../test/stub-model.js';
import { stubSurroundings } from '../../test/stub-surroundings.js';
import { runCommandLine } from '../command-line/run-command-line.js';

const folder = await mkdtemp(join(tmpdir(), 'merge-tool-'));
afterAll(() => rm(folder, { recursive: true }));
const base = join(weightsDirectory(), 'llm');

/** A delta of the tiny language model: one row more, small differences. */
beforeAll(async () => {
  const delta = join(folder, 'delta');
  await mkdir(delta);
  await cp(join(base, 'tokenizer.json'), join(delta, 'tokenizer.json'));
  const config = JSON.parse(await readFile(join(base, 'config.json'), 'utf8')) as object;
  await writeFile(join(delta, 'config.json'), JSON.stringify({ ...config, vocab_size: 4097 }));
  await using weights = await openCheckpoint(base);
  const source = random(1);
  const some = float32ToFloat16(Float32Array.from({ length: 1009 }, () => 1e-3 * source.normal()));
  const tensors: Record<string, HostTensor> = {};
  for (const name of weights.names()) {
    const [rows = 0, ...rest] = weights.info(name)!.shape;
    const shape = [rows === 4096 ? 4097 : rows, ...rest];
    const size = shape.reduce((product, length) => product * length, 1);
    tensors[name] = hostTensor(
      'float16',
      shape,
      Uint16Array.from({ length: size }, (_, i) => some[i % some.length]!),
    );
  }
  await writeSafetensors(join(delta, 'model.safetensors'), tensors);
});

async function run(output: string, more: readonly string[] = [], interrupted = false) {
  const surroundings = stubSurroundings({ model: stubModel(), directory: folder });
  if (interrupted) surroundings.interrupt();
  const args = ['merge-delta', '--base', base, '--delta', 'delta', '--output', output, ...more];
  const exitCode = await runCommandLine(args, '1.2.3', surroundings);
  return { exitCode, output: surroundings.output(), errors: surroundings.errors() };
}

describe('merge-delta', () => {
  it('goes on after an interrupt, and says what it made', async () => {
    const stopped = await run('merged', ['--shard-size', '0.004'], true);
    expect([stopped.exitCode, stopped.output]).toEqual([130, '']);
    expect(stopped.errors).toContain('Run it again to go on');
    const { exitCode, output, errors } = await run('merged', ['--shard-size', '0.004']);
    expect([exitCode, errors]).toEqual([0, 'checking base and delta\n']);
    const [path, summary] = output.split('\n');
    expect(path).toBe(join(folder, 'merged'));
    expect(summary).toMatch(/^\d files, 5,311,232 parameters, 0\.0 GB$/);
    await using merged = await openCheckpoint(path!);
    expect(merged.info('lm_head.weight')?.shape).toEqual([4097, 256]);
  });

  it('prints one object for programs, errors too', async () => {
    const done = await run('again', ['--json']);
    expect(JSON.parse(done.output)).toMatchObject({ shards: ['model-00001-of-00001.safetensors'], resumedShards: 0 });
    const failed = await run('again', ['--json']);
    expect(failed.exitCode).toBe(1);
    expect(JSON.parse(failed.output)).toMatchObject({ error: { code: 'MERGE_OUTPUT' } });
    const stopped = await run('third', ['--json'], true);
    expect(stopped.exitCode).toBe(130);
    expect(JSON.parse(stopped.output)).toMatchObject({ error: { code: 'MERGE_INTERRUPTED' } });
  });

  it.each([
    [['--shard-size', '0'], 'INVALID_FLAG'],
    [['--shardsize', '2'], 'UNKNOWN_FLAG'],
    [['more'], 'UNEXPECTED_ARGUMENT'],
  ])('refuses %j', async (more, code) => {
    const { exitCode, errors } = await run('never', more);
    expect([exitCode, errors]).toEqual([2, expect.stringContaining(code)]);
  });

  it('names what is missing, and helps', async () => {
    const surroundings = stubSurroundings({ model: stubModel() });
    expect(await runCommandLine(['merge-delta', '--base', 'a'], '1.2.3', surroundings)).toBe(2);
    expect(surroundings.errors()).toContain('--delta');
    expect(await runCommandLine(['merge-delta', '--help'], '1.2.3', surroundings)).toBe(0);
    expect(surroundings.output()).toContain('--shard-size');
  });
});
