import { startEngine, type Engine } from '@minigpt4/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents, type ServerEvent } from '../src/page/event-stream.js';
import { chatServer, type ChatServer } from '../src/server/chat-server.js';

const lines: string[] = [];
let engine: Engine;
let server: ChatServer;

beforeAll(async () => {
  engine = await startEngine({ model: 'tiny', load: { threads: 1 } });
  server = chatServer({ model: engine, page: new Map(), atOnce: 2, log: line => void lines.push(line) });
});

afterAll(async () => {
  await server.close();
  await engine.dispose();
});

const request = async (method: string, path: string, body: BodyInit | null = null) =>
  server.app.request(path, { method, body, headers: { host: 'localhost' } });

const openChat = async () => ((await (await request('POST', '/api/chats')).json()) as { id: string }).id;

/** Asks in a new chat; gives the events one by one. */
async function ask(question: string, maxNewTokens: number): Promise<AsyncGenerator<ServerEvent>> {
  const body = JSON.stringify({ question, maxNewTokens, temperature: 30, seed: 1 }); // so hot that it does not end
  const response = await request('POST', `/api/chats/${await openChat()}/messages`, body);
  return readEvents(response.body!);
}

async function last(events: AsyncGenerator<ServerEvent>): Promise<ServerEvent | undefined> {
  let event: ServerEvent | undefined;
  for await (const next of events) event = next;
  return event;
}

describe('the server with an engine', () => {
  it('answers several at a time and everything else meanwhile', async () => {
    const answers = await Promise.all([ask('What is a cat?', 300), ask('What is a dog?', 300)]);
    for (const events of answers) expect((await events.next()).value).toMatchObject({ name: 'text' });
    expect((await request('GET', '/health')).status).toBe(200);
    expect(await engine.status()).toMatchObject({ running: 2 });
    await Promise.all(answers.map(events => events.return(undefined)));
    await expect.poll(async () => (await engine.status()).running).toBe(0);
  });

  it('tells of a crash, logs it, and answers the next', async () => {
    const events = await ask('What is a cat?', 300);
    await events.next();
    process.kill((await engine.status()).pid!, 'SIGKILL');
    const failed = await last(events);
    expect(failed).toMatchObject({ name: 'error', data: expect.stringContaining('"code":"ENGINE_CRASHED"') });
    expect(lines).toEqual([expect.stringContaining('SIGKILL')]);
    expect(await last(await ask('What is a dog?', 3))).toMatchObject({ name: 'done' });
  });

  it('refuses what is no picture', async () => {
    const path = `/api/chats/${await openChat()}/image`;
    expect((await request('POST', path, 'only words')).status).toBe(415);
  });
});
