import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { runCaptured, runInherited, runQuietly } from './run.js';

const node = (script: string) => ({ file: process.execPath, args: ['-e', script] });

/** A process that runs a script through `runInherited` and exits as the launcher does, under a shell as npm has it or not. */
function launcher(script: string, underNpm = false) {
  const run = JSON.stringify(new URL('run.js', import.meta.url).href);
  const code = `import { runInherited } from ${run};
    process.exitCode = await runInherited({ file: process.execPath, args: ['-e', ${JSON.stringify(script)}] });`;
  const { npm_lifecycle_event: _, ...env } = process.env;
  const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
  if (!underNpm) return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio, env });
  // the second command keeps the shell from becoming node itself
  return spawn('sh', ['-c', '"$0" --input-type=module -e "$1"; exit', process.execPath, code], {
    stdio,
    env: { ...env, npm_lifecycle_event: 'start' },
  });
}

describe('runInherited', () => {
  it.each([0, 3, 130])('gives exit code %i of the program', async code => {
    expect(await runInherited(node(`process.exit(${code})`))).toBe(code);
  });

  it('counts a signal as 128 and its number', async () => {
    expect(await runInherited(node("process.kill(process.pid, 'SIGTERM')"))).toBe(143);
  });

  it.each([
    { signal: 'SIGINT' as const, code: 130 },
    { signal: 'SIGTERM' as const, code: 143 },
  ])('passes $signal on to the program', async ({ signal, code }) => {
    const child = launcher("console.log('up'); setInterval(() => {}, 1000)");
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([code, null]);
  });

  it('passes a repeated interrupt on once, so that a program can end in order', async () => {
    const program = `let times = 0;
      process.on('SIGINT', () => { times++; setTimeout(() => { console.log(times); process.exit(0) }, 100) });
      console.log('up'); setInterval(() => {}, 1000)`;
    const child = launcher(program);
    const output: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(output.join('')).toBe('up\n1\n');
  });
});

describe.skipIf(process.platform === 'win32')('runInherited under npm (needs a shell)', () => {
  it('ends the program when the shell that npm started is ended', async () => {
    const child = launcher(
      "console.log(process.pid); process.on('SIGTERM', () => { console.log('ended'); process.exit() }); setInterval(() => {}, 1000)",
      true,
    );
    const output: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    await once(child.stdout, 'close');
    expect(output.join('')).toMatch(/^\d+\nended\n$/);
  });
});

describe('runCaptured', () => {
  it('keeps stdout and stderr', async () => {
    const { exitCode, output } = await runCaptured(node("process.stdout.write('a'); process.stderr.write('b')"));
    expect(exitCode).toBe(0);
    expect(output.split('').toSorted()).toEqual(['a', 'b']);
  });
});

describe('runQuietly', () => {
  it('resolves when the command succeeds', async () => {
    await expect(runQuietly('working', node(''))).resolves.toBeUndefined();
  });

  it('names what failed', async () => {
    await expect(runQuietly('working', node('process.exit(2)'))).rejects.toMatchObject({
      message: expect.stringMatching(/^working: exit code 0 expected, got 2, from .*process\.exit\(2\)/),
      exitCode: 1,
    });
  });

  it('ends as an interrupted command does', async () => {
    await expect(runQuietly('working', node("process.kill(process.pid, 'SIGINT')"))).rejects.toMatchObject({
      message: 'working: interrupted.',
      exitCode: 130,
    });
  });
});
