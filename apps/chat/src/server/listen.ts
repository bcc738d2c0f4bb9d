import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { MiniGPT4Error } from '@minigpt4/core';

/** A server that accepts connections. */
export interface Listening {
  /** Where a browser on this machine finds it. */
  readonly url: string;
  /** Drops every connection and frees the port. */
  close(): Promise<void>;
}

/** What to serve and where. */
export interface ListenOptions {
  /** Answers a request. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Address of this machine to bind to; `0.0.0.0` for all. */
  readonly host: string;
  /** TCP port; 0 takes any free one. */
  readonly port: number;
}

function refused(cause: NodeJS.ErrnoException, { host, port }: ListenOptions): MiniGPT4Error {
  const place = `port ${port} on ${host}`;
  const error = (code: string, message: string) => new MiniGPT4Error(code, `server: ${message}`, { cause });
  if (cause.code === 'EADDRINUSE') {
    const another = port === 65_535 ? 0 : port + 1;
    return error(
      'PORT_IN_USE',
      `${place} is in use, expected a free one. Stop the other program or pass --port ${another}.`,
    );
  }
  if (cause.code === 'EACCES') {
    return error('PORT_FORBIDDEN', `${place} is reserved, expected one this user may open. Pass a --port above 1023.`);
  }
  const got = cause.code ?? cause.message;
  return error(
    'HOST_UNAVAILABLE',
    `cannot listen on ${place}, expected an address of this machine, got ${got}. Check --host.`,
  );
}

function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/**
 * Opens the port.
 *
 * @throws `PORT_IN_USE`, `PORT_FORBIDDEN` or `HOST_UNAVAILABLE`, each with the flag that helps.
 */
export async function listen(options: ListenOptions): Promise<Listening> {
  const server = createAdaptorServer({ fetch: options.fetch, hostname: options.host });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(refused(cause, options)));
    server.listen(options.port, options.host, resolve);
  });
  return {
    url: urlOf(options.host, (server.address() as AddressInfo).port),
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}
