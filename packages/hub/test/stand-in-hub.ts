import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the stand-in treats the next requests for contents. */
export interface Behaviour {
  /** Bytes after which each of the next connections is cut. */
  cutAfter: number[];
  /** Statuses that the next requests for contents get instead. */
  refuse: number[];
  /** Sends everything whatever range is asked for. */
  ignoreRanges: boolean;
  /** Bytes of contents are flipped. */
  damaged: boolean;
  /** Stops in the middle without closing the connection. */
  stalls: number;
  /** The token that is needed. */
  token?: string;
}

/** A hub on this machine. */
export interface StandInHub extends AsyncDisposable {
  readonly url: string;
  readonly behaviour: Behaviour;
  /** Requests so far, as `GET /path` with the range. */
  readonly requests: string[];
  commit: string;
}

export const firstCommit = 'a'.repeat(40);

export function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

export function gitDigest(content: Buffer): string {
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

/** Serves one repository, `org/model`; files over 1,000 bytes have a SHA-256 as large files do. */
export async function standInHub(files: Readonly<Record<string, Buffer>>): Promise<StandInHub> {
  const behaviour: Behaviour = { cutAfter: [], refuse: [], ignoreRanges: false, damaged: false, stalls: 0 };
  const requests: string[] = [];
  const entry = (path: string) => {
    const content = files[path]!;
    const lfs = content.length > 1000 ? { lfs: { oid: sha256(content), size: content.length, pointerSize: 130 } } : {};
    return { type: 'file', path, size: content.length, oid: gitDigest(content), ...lfs };
  };
  const hub = { commit: firstCommit };

  const json = (response: ServerResponse, value: unknown, status = 200) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
  const sendContent = (request: IncomingMessage, response: ServerResponse, path: string) => {
    const refused = behaviour.refuse.shift();
    if (refused !== undefined) return void response.writeHead(refused).end();
    const content = Buffer.from(files[path]!);
    if (behaviour.damaged) content[content.length >> 1]! ^= 1;
    const start = behaviour.ignoreRanges ? 0 : Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const rest = content.subarray(start);
    const range = { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` };
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': rest.length, ...(start > 0 && range) });
    const cut = behaviour.cutAfter.shift();
    if (behaviour.stalls-- > 0) return void response.write(rest.subarray(0, 10));
    if (cut === undefined) return void response.end(rest);
    // a reset overtakes what is on its way, so the client gets time to read it
    response.write(rest.subarray(0, cut), () => setTimeout(() => response.destroy(), 100));
  };
  const answer = (request: IncomingMessage, response: ServerResponse, body: string) => {
    const path = decodeURIComponent(request.url!.split('?')[0]!);
    const range = request.headers.range === undefined ? '' : ` ${request.headers.range}`;
    requests.push(`${request.method} ${path}${range}`);
    if (behaviour.token !== undefined && request.headers.authorization !== `Bearer ${behaviour.token}`) {
      return json(response, { error: 'gated' }, 401);
    }
    const revision = /^\/api\/models\/org\/model\/revision\/(.+)$/.exec(path)?.[1];
    if (revision === 'main' || revision === hub.commit) return json(response, { id: 'org/model', sha: hub.commit });
    if (path === `/api/models/org/model/tree/${hub.commit}`) return json(response, Object.keys(files).map(entry));
    if (path === `/api/models/org/model/paths-info/${hub.commit}`) {
      const { paths } = JSON.parse(body) as { paths: string[] };
      return json(response, paths.filter(name => name in files).map(entry));
    }
    const file = path.replace(`/org/model/resolve/${hub.commit}/`, '');
    if (file in files) return sendContent(request, response, file);
    return json(response, { error: 'Not found' }, 404);
  };

  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => answer(request, response, body));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(hub, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behaviour,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  });
}
