import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { loadMiniGPT4 } from 'minigpt4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineCrashedError, startEngine, type Engine } from '../src/index.js';
import { disc } from './pictures.js';

const load = { threads: 1 };
const long = { temperature: 30, seed: 1, minNewTokens: 200, maxNewTokens: 240 }; // so hot that it does not end soon
let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ model: 'tiny', load, maxConcurrent: 2 });
});

afterAll(() => engine.dispose());

/** What went wrong with each. */
async function failures(promises: readonly Promise<unknown>[]): Promise<unknown[]> {
  const results = await Promise.allSettled(promises);
  return results.map(result => (result.status === 'rejected' ? result.reason : 'no error'));
}

const processOf = async (of: Engine) => (await of.status()).pid!;

describe('an engine whose process ends', () => {
  it('fails the answers in it, lets those that wait go on in the next, and goes on with its chats', async () => {
    const chat = engine.chat();
    await chat.addImage(disc());
    const first = await chat.ask('What is this?', { maxNewTokens: 30 }).result();
    const lost = chat.ask('What category is it?', long);
    const other = engine.answer(undefined, 'What is a cat?', long);
    const waiting = engine.answer(undefined, 'What is a dog?', { maxNewTokens: 4 });
    const heard: string[] = [];
    const reading = (async () => {
      for await (const piece of lost) {
        if (heard.push(piece) === 1) process.kill(await processOf(engine), 'SIGKILL');
      }
    })();
    for (const error of await failures([reading, other])) {
      expect(error).toBeInstanceOf(EngineCrashedError);
      expect(error).toMatchObject({ code: 'ENGINE_CRASHED', signal: 'SIGKILL', exitCode: null });
    }
    expect(heard.length).toBeGreaterThan(0);
    expect((await waiting).ids).toHaveLength(4);

    expect(chat.turns).toEqual([{ question: 'What is this?', answer: first.text }]);
    const again = await chat.ask('What category is it?', { maxNewTokens: 16 }).result();
    expect(again.usage).toMatchObject({ imageTokens: 12, cachedTokens: 0 });
    await using model = await loadMiniGPT4('tiny', load);
    const unbroken = model.chat();
    await unbroken.addImage(disc());
    await unbroken.ask('What is this?', { maxNewTokens: 30 }).result();
    expect(again.ids).toEqual((await unbroken.ask('What category is it?', { maxNewTokens: 16 }).result()).ids);
  });

  it('fails a picture on its way, and takes the next', async () => {
    const large = { width: 4000, height: 4000, data: new Uint8Array(48_000_000) };
    const pid = await processOf(engine);
    const encoding = failures([engine.encodeImage(large)]);
    process.kill(pid, 'SIGKILL');
    expect(await encoding).toMatchObject([{ code: 'ENGINE_CRASHED' }]);
    expect((await engine.encodeImage(disc())).tokens).toBe(12);
    expect(await processOf(engine)).not.toBe(pid);
  });

  it('is killed and started anew on demand', async () => {
    await engine.start();
    const before = await processOf(engine);
    const asked = failures([engine.answer(undefined, 'What is a cat?', long)]);
    await expect.poll(async () => (await engine.status()).chats).toBeGreaterThan(0);
    await engine.kill();
    expect(await asked).toMatchObject([{ code: 'ENGINE_STOPPED' }]);
    expect(await engine.status()).not.toHaveProperty('pid');
    await engine.restart();
    expect(await processOf(engine)).not.toBe(before);
  });

  it('cannot be used once it is disposed', async () => {
    const other = await startEngine({ model: 'tiny', load });
    const chat = other.chat();
    const asked = failures([chat.ask('What is a cat?', long).result()]);
    const pid = await processOf(other);
    await Promise.all([other.dispose(), other.dispose()]);
    expect(await asked).toMatchObject([{ code: 'ENGINE_STOPPED' }]);
    expect(await failures([chat.ask('What is a cat?').result()])).toMatchObject([{ code: 'ENGINE_DISPOSED' }]);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH'); // there is no such process
  });
});

describe('a program with an engine', () => {
  const run = promisify(execFile);
  const index = new URL('../src/index.ts', import.meta.url).href.replace(/ts$/, 'js');
  const program = `
    import { startEngine } from '${index}';
    const engine = await startEngine({ model: 'tiny', load: { threads: 1 } });
    await engine.answer(undefined, 'What is a cat?', { maxNewTokens: 2 });
    console.log((await engine.status()).pid);`;
  const runs = (pid: number) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  it.each([
    ['may end without a word', ''],
    [
      'takes the process along when it is killed in the middle of an answer',
      "void engine.answer(undefined, 'What?', { temperature: 30 }); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50)",
    ],
  ])('%s', async (_, rest) => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program + rest]).catch(
      (error: { stdout: string; signal: string }) => error,
    );
    const pid = Number(stdout);
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => runs(pid)).toBe(false);
  });
});

describe('an engine that runs out of memory', () => {
  it('ends its process over the limit, says so, and answers what fits', async () => {
    const { residentBytes = 0 } = await engine.status();
    const memoryLimitMb = Math.ceil(residentBytes / 2 ** 20) + 60;
    await using small = await startEngine({ model: 'tiny', load, memoryLimitMb });
    const large = { width: 7000, height: 7000, data: new Uint8Array(147_000_000) };
    const [error] = await failures([small.encodeImage(large)]);
    expect(error).toMatchObject({
      code: 'ENGINE_CRASHED',
      message: expect.stringMatching(new RegExp(`lack of memory, expected at most ${memoryLimitMb} MiB, got \\d+ MiB`)),
    });
    expect((await small.answer(disc(), 'What is this?', { maxNewTokens: 4 })).ids).toHaveLength(4);
  });

  it('says so when it does not even load', async () => {
    expect(await failures([startEngine({ model: 'tiny', load, memoryLimitMb: 20 })])).toMatchObject([
      { code: 'ENGINE_CRASHED', message: expect.stringContaining('expected at most 20 MiB') },
    ]);
  });

  it('survives the end of the memory of JavaScript', async () => {
    const nodeFlags = ['--max-old-space-size=40'];
    await using small = await startEngine({ model: 'tiny', load, nodeFlags });
    const [error] = await failures([small.answer(undefined, 'word '.repeat(1_000_000))]);
    expect(error).toMatchObject({
      code: 'ENGINE_CRASHED',
      message: expect.stringContaining('ran out of memory'),
      cause: expect.objectContaining({ message: expect.stringContaining('heap out of memory') }),
    });
    expect((await small.answer(undefined, 'What is a cat?', { maxNewTokens: 4 })).ids).toHaveLength(4);
  });
});
