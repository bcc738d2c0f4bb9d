import { describe, expect, it } from 'vitest';
import { listen } from './listen.js';

const fetchHello = () => new Response('hello');

describe('listen', () => {
  it('serves on a free port until it is closed', async () => {
    const listening = await listen({ fetch: fetchHello, host: '127.0.0.1', port: 0 });
    expect(listening.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(await (await fetch(listening.url)).text()).toBe('hello');
    await listening.close();
    await expect(fetch(listening.url)).rejects.toThrow('fetch failed');
  });

  it('names an address that a browser can open', async () => {
    const listening = await listen({ fetch: fetchHello, host: '0.0.0.0', port: 0 });
    expect(listening.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await listening.close();
  });

  it('says which flag helps when the port is in use', async () => {
    const listening = await listen({ fetch: fetchHello, host: '127.0.0.1', port: 0 });
    const port = Number(new URL(listening.url).port);
    await expect(listen({ fetch: fetchHello, host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`port ${port} on 127.0.0.1 is in use`) as unknown,
    });
    await listening.close();
  });

  it('says when the address is not of this machine', async () => {
    await expect(listen({ fetch: fetchHello, host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'HOST_UNAVAILABLE',
    });
  });
});
