import { afterEach, describe, expect, it, vi } from 'vitest';
import { plainEnvironment, run } from './run.js';

afterEach(() => {
  vi.unstubAllEnvs();
});

const node = (script: string, options = {}) =>
  run(process.execPath, ['-e', script], { cwd: process.cwd(), ...options });

describe('run', () => {
  it('keeps what a command prints, and its exit code', async () => {
    const script = "process.stdout.write('a'); process.stderr.write('b'); process.exitCode = 3";
    expect(await node(script)).toEqual({ exitCode: 3, stdout: 'a', stderr: 'b' });
  });

  it('ends a command that takes too long', async () => {
    expect((await node('setInterval(() => {}, 1000)', { timeout: 100 })).exitCode).toBe(143);
  });

  it('ends a command that is no longer wanted, and what it has started', async () => {
    const stop = new AbortController();
    // the inner process holds the pipes open, so that only its end lets the command finish
    const inner =
      "require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })";
    const running = node(`${inner}.on('spawn', () => console.log('up'))`, { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('no longer wanted')), 300);
    await expect(running).rejects.toThrow('no longer wanted');
    await expect(node('', { signal: stop.signal })).rejects.toThrow('no longer wanted');
  });
});

describe('plainEnvironment', () => {
  it('has none of what an outer npm or vitest sets, but how the machine reaches its registry', () => {
    for (const name of ['npm_config_prefix', 'npm_package_name', 'INIT_CWD', 'NODE_OPTIONS', 'VITEST_POOL_ID']) {
      vi.stubEnv(name, 'outer');
    }
    vi.stubEnv('npm_config_registry', 'http://mirror.invalid/');
    const env = plainEnvironment();
    expect(Object.values(env)).not.toContain('outer');
    expect(env['npm_config_registry']).toBe('http://mirror.invalid/');
    expect(env['ONNXRUNTIME_NODE_INSTALL']).toBe('skip');
    expect(env['PATH']).toBe(process.env['PATH']);
  });
});
