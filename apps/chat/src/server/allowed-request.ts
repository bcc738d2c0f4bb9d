import type { Context, MiddlewareHandler } from 'hono';
import { MiniGPT4Error } from '@minigpt4/core';

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];
const anyAddress = new Set(['0.0.0.0', '::']);

function hostname(authority: string): string | undefined {
  return URL.canParse(`http://${authority}`) ? new URL(`http://${authority}`).hostname : undefined;
}

/** Host of the page that sent the request, or undefined for programs and direct visits, which name none. */
function originHost(c: Context): string | undefined {
  const origin = c.req.header('origin');
  if (origin === undefined) return undefined;
  return URL.canParse(origin) ? new URL(origin).host : 'null';
}

/**
 * Lets a request through only when it names this server: the loopback names, or the address it is bound to. A foreign
 * name that was pointed at this machine (DNS rebinding) and a foreign page that posts here are both refused. Bound to
 * all addresses, the server has no name of its own, so that only the page's origin is compared.
 *
 * @throws `FORBIDDEN_HOST` or `FORBIDDEN_ORIGIN`
 */
export function allowedRequest(boundTo: string): MiddlewareHandler {
  const names = new Set([...loopbackNames, hostname(boundTo.includes(':') ? `[${boundTo}]` : boundTo)]);
  return async (c, next) => {
    const host = c.req.header('host') ?? '';
    if (!anyAddress.has(boundTo) && !names.has(hostname(host))) {
      throw new MiniGPT4Error(
        'FORBIDDEN_HOST',
        `server: wrong Host header, expected ${[...names].join(' or ')}, got ${host}. Start it with --host to serve another name.`,
      );
    }
    const origin = originHost(c);
    if (origin !== undefined && origin !== host) {
      throw new MiniGPT4Error(
        'FORBIDDEN_ORIGIN',
        `server: a page of another site asked, expected one of ${host}, got ${origin}. Open the page of this server.`,
      );
    }
    await next();
  };
}
