import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stubModel } from '../../test/stub-model.js';
import { stubSurroundings } from '../../test/stub-surroundings.js';
import { listen } from '../server/listen.js';
import { runCommandLine } from './run-command-line.js';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'minigpt4-serve-'));
  for (const name of ['index.html', 'chat.css', 'chat.js', 'secret.txt']) await writeFile(join(directory, name), name);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the web page', () => {
  it('prints its address when it is ready, serves its files alone, and stops at an interrupt', async () => {
    const model = stubModel();
    const surroundings = stubSurroundings({ model, directory });
    const exit = runCommandLine(['--port', '0'], '1.2.3', surroundings);
    await expect.poll(surroundings.output).toMatch(/^http:\/\/127\.0\.0\.1:\d+\n$/);
    const url = surroundings.output().trim();
    const get = async (path: string) => {
      const response = await fetch(url + path);
      return [response.status, response.headers.get('content-type'), await response.text()];
    };
    expect(await get('/')).toEqual([200, 'text/html; charset=utf-8', 'index.html']);
    expect(await get('/chat.css')).toEqual([200, 'text/css; charset=utf-8', 'chat.css']);
    expect(await get('/chat.js')).toEqual([200, 'text/javascript; charset=utf-8', 'chat.js']);
    expect((await get('/secret.txt'))[0]).toBe(404);
    surroundings.interrupt();
    expect(await exit).toBe(130);
    expect(model.disposed).toEqual(['model']);
    expect(surroundings.started).toEqual([{ model: 'tiny', load: {}, onProgress: expect.any(Function) as unknown }]);
    expect(surroundings.loaded).toEqual([]);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('keeps the model in this process when it is told to', async () => {
    const surroundings = stubSurroundings({ model: stubModel(), directory });
    const exit = runCommandLine(['--port', '0', '--in-process', '--threads', '1'], '1.2.3', surroundings);
    await expect.poll(surroundings.output).toMatch(/^http/);
    surroundings.interrupt();
    expect(await exit).toBe(130);
    expect(surroundings.started).toEqual([]);
    expect(surroundings.loaded).toEqual([['tiny', { threads: 1, onProgress: expect.any(Function) as unknown }]]);
  });

  it('ends with a sentence when the port is in use', async () => {
    const other = await listen({ fetch: () => new Response(), host: '127.0.0.1', port: 0 });
    const { port } = new URL(other.url);
    const surroundings = stubSurroundings({ model: stubModel(), directory });
    expect(await runCommandLine(['--port', port], '1.2.3', surroundings)).toBe(1);
    expect(surroundings.output()).toBe('');
    expect(surroundings.errors()).toContain(`minigpt4-chat: server: port ${port} on 127.0.0.1 is in use`);
    expect(surroundings.errors()).toContain('(PORT_IN_USE)');
    await other.close();
  });
});
