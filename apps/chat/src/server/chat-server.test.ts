import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { stubModel, type StubModelOptions } from '../../test/stub-model.js';
import { readEvents } from '../page/event-stream.js';
import { chatServer, type ChatServerOptions } from './chat-server.js';

const page = new Map([['/', { type: 'text/html; charset=utf-8', body: '<p>the page</p>' }]]);

function start(modelOptions: StubModelOptions = {}, options: Partial<ChatServerOptions> = {}) {
  const model = stubModel(modelOptions);
  const server = chatServer({ model, page, ...options });
  const request = async (method: string, path: string, init: RequestInit = {}) =>
    server.app.request(path, {
      method,
      ...init,
      headers: { host: 'localhost:3000', ...(init.headers as Record<string, string>) },
    });
  const open = async () => ((await (await request('POST', '/api/chats')).json()) as { id: string }).id;
  const ask = (id: string, body: object) =>
    request('POST', `/api/chats/${id}/messages`, { body: JSON.stringify(body) });
  return { model, server, request, open, ask };
}

async function eventsOf(response: Response): Promise<{ name: string; data: unknown }[]> {
  const events = [];
  if (response.body) {
    for await (const { name, data } of readEvents(response.body)) {
      events.push({ name, data: JSON.parse(data) as unknown });
    }
  }
  return events;
}

const errorOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  return [response.status, error.code];
};

const png = () =>
  sharp({ create: { width: 4, height: 3, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
const longAnswer = { tokenMs: 2, pieces: () => Array.from({ length: 1000 }, (_, i) => `w${i} `) };

describe('chatServer', () => {
  it('serves the page with headers that keep everything foreign out', async () => {
    const { request } = start();
    const response = await request('GET', '/');
    expect(await response.text()).toBe('<p>the page</p>');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('tells its health and its model', async () => {
    const { request } = start();
    expect(await (await request('GET', '/health')).json()).toEqual({ status: 'ok' });
    expect(await (await request('GET', '/api/model')).json()).toMatchObject({
      name: 'stub',
      maxPictureBytes: 33_554_432,
    });
  });

  it('streams answers about one picture over several turns', async () => {
    const { model, request, open, ask } = start({}, { settings: { temperature: 0.5, maxNewTokens: 30 } });
    const id = await open();
    const image = await request('POST', `/api/chats/${id}/image`, { body: await png() });
    expect(await image.json()).toEqual({ width: 4, height: 3 });

    const response = await ask(id, { question: 'What?', maxNewTokens: 9, seed: 4 });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await eventsOf(response)).toEqual([
      { name: 'text', data: { text: 'It is ' } },
      { name: 'text', data: { text: 'a red ' } },
      { name: 'text', data: { text: 'heart.' } },
      {
        name: 'done',
        data: {
          answer: 'It is a red heart.',
          finishReason: 'stop',
          usage: { promptTokens: 30, imageTokens: 12, cachedTokens: 0, completionTokens: 3 },
          timings: { imageMs: 5, prefillMs: 10, firstTokenMs: 12, decodeMs: 20, tokensPerSecond: 150 },
        },
      },
    ]);
    await eventsOf(await ask(id, { question: 'Sure?' }));
    expect(model.asked).toMatchObject([
      { question: 'What?', turn: 1, image: 'embeddings', options: { temperature: 0.5, maxNewTokens: 9, seed: 4 } },
      { question: 'Sure?', turn: 2, image: 'embeddings', options: { temperature: 0.5, maxNewTokens: 30 } },
    ]);
    expect(model.encoded).toHaveLength(1);
  });

  it('takes a picture from a form', async () => {
    const { model, request, open } = start();
    const body = new FormData();
    body.append('image', new File([await png()], 'cat.png'));
    expect((await request('POST', `/api/chats/${await open()}/image`, { body })).status).toBe(200);
    expect(model.encoded).toMatchObject([{ width: 4, height: 3 }]);
  });

  it('refuses what is no picture, or too much, by kind', async () => {
    const { request, open } = start();
    const id = await open();
    const send = async (body: BodyInit) => errorOf(await request('POST', `/api/chats/${id}/image`, { body }));
    expect(await send('only words')).toEqual([415, 'IMAGE_UNSUPPORTED']);
    expect(await send('<svg xmlns="http://www.w3.org/2000/svg"/>')).toEqual([415, 'IMAGE_UNSUPPORTED']);
    expect(await send('')).toEqual([400, 'BAD_REQUEST']);
    expect(await send(new FormData())).toEqual([400, 'BAD_REQUEST']);
    expect(await send(new Uint8Array(34_000_000))).toEqual([413, 'BODY_TOO_LARGE']);
  });

  it('answers mistakes with a code and a status', async () => {
    const { request, ask, open } = start();
    const id = await open();
    expect(await errorOf(await ask('nobody', { question: 'What?' }))).toEqual([404, 'CHAT_NOT_FOUND']);
    expect(await errorOf(await ask(id, { question: '' }))).toEqual([400, 'BAD_REQUEST']);
    expect(await errorOf(await ask(id, { question: 'x'.repeat(100_000) }))).toEqual([413, 'BODY_TOO_LARGE']);
    expect(await errorOf(await request('GET', '/../etc/passwd'))).toEqual([404, 'NOT_FOUND']);
    expect((await request('DELETE', `/api/chats/${id}`)).status).toBe(204);
    expect(await errorOf(await ask(id, { question: 'What?' }))).toEqual([404, 'CHAT_NOT_FOUND']);
  });

  it.each([
    ['localhost:3000', undefined, 200],
    ['[::1]:3000', undefined, 200],
    ['127.0.0.1', 'http://127.0.0.1', 200],
    ['attacker.example:3000', undefined, 403],
    ['', undefined, 403],
    ['localhost:3000', 'http://attacker.example', 403],
    ['localhost:3000', 'http://localhost:4000', 403],
    ['localhost:3000', 'null', 403],
  ])('lets Host %s with Origin %s pass or not: %i', async (host, origin, status) => {
    const { request } = start();
    const response = await request('POST', '/api/chats', { headers: { host, ...(origin && { origin }) } });
    expect(response.status).toBe(status === 200 ? 201 : status);
  });

  it('answers to the name it is bound to, and to every name when bound to all addresses', async () => {
    const named = start({}, { host: '192.168.1.5' });
    expect((await named.request('GET', '/health', { headers: { host: '192.168.1.5:3000' } })).status).toBe(200);
    expect((await named.request('GET', '/health', { headers: { host: '192.168.1.6:3000' } })).status).toBe(403);
    const open = start({}, { host: '0.0.0.0' });
    expect((await open.request('GET', '/health', { headers: { host: 'my-machine:3000' } })).status).toBe(200);
  });

  it('sends a failure in the middle as an event, hides what is internal, and goes on', async () => {
    const lines: string[] = [];
    const { open, ask } = start({ failure: new Error('secret path') }, { log: line => void lines.push(line) });
    const id = await open();
    for (let i = 0; i < 2; i++) {
      const events = await eventsOf(await ask(id, { question: 'What?' }));
      expect(events[0]).toEqual({ name: 'text', data: { text: 'It is ' } });
      expect(events[1]).toEqual({
        name: 'error',
        data: { code: 'INTERNAL', message: 'server: something went wrong, see its log.' },
      });
      expect(events).toHaveLength(2);
    }
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('secret path');
  });

  it('stops when the reader goes away, and lets the next one in', async () => {
    const { model, open, ask } = start(longAnswer);
    const id = await open();
    const response = await ask(id, { question: 'Long' });
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await expect.poll(() => model.asked[0]?.options.signal?.aborted).toBe(true);
    const next = await ask(id, { question: 'Next' });
    const nextReader = next.body?.getReader();
    expect(new TextDecoder().decode((await nextReader?.read())?.value)).toContain('event: text');
    await nextReader?.cancel();
  });

  it('answers one at a time and refuses more than may wait', async () => {
    const { model, server, open, ask } = start(longAnswer, { maxWaiting: 2 });
    const id = await open();
    const first = await ask(id, { question: 'First' });
    const second = await ask(await open(), { question: 'Second' });
    const third = await ask(await open(), { question: 'Third' });
    expect(third.headers.get('retry-after')).toBe('2');
    expect(await errorOf(third)).toEqual([503, 'BUSY']);
    expect(model.asked.map(({ question }) => question)).toEqual(['First']);
    await first.body?.cancel();
    await expect.poll(() => model.asked.map(({ question }) => question)).toEqual(['First', 'Second']);
    await second.body?.cancel();
    await server.close();
  });

  it('does not let a reader that stalls keep the others waiting', async () => {
    const { open, ask } = start({ pieces: () => Array.from({ length: 100 }, () => 'x'.repeat(1000)) });
    await ask(await open(), { question: 'Never read' });
    const events = await eventsOf(await ask(await open(), { question: 'Read' }));
    expect(events.at(-1)?.name).toBe('done');
  });

  it('stops the answer and forgets the chats when it closes', async () => {
    const { model, server, open, ask } = start(longAnswer);
    const response = await ask(await open(), { question: 'Long' });
    const events = eventsOf(response);
    await expect.poll(() => model.asked.length).toBe(1);
    await server.close();
    expect((await events).length).toBeLessThan(1000);
    await expect.poll(() => model.disposed).toContain('chat');
  });

  it('disposes a forgotten chat only after its answer', async () => {
    const { model, request, open, ask } = start(longAnswer);
    const id = await open();
    const response = await ask(id, { question: 'Long' });
    const reader = response.body?.getReader();
    await reader?.read();
    await request('DELETE', `/api/chats/${id}`);
    expect(model.disposed).toEqual([]);
    await reader?.cancel();
    await expect.poll(() => model.disposed).toEqual(['chat']);
  });
});
