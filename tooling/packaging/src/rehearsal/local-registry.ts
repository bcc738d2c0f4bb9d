import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** A version as npm reads it from a registry. */
export interface PublishedVersion {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A registry on this machine, in memory. */
export interface LocalRegistry extends AsyncDisposable {
  /** With a slash at the end, as in an `.npmrc`. */
  readonly url: string;
  /** What has been published so far: by package, its versions from the oldest to the newest. */
  readonly published: ReadonlyMap<string, readonly PublishedVersion[]>;
}

/** Options of {@link startRegistry}. */
export interface RegistryOptions {
  /** Packages that may be published; they are never asked for upstream. */
  readonly names: readonly string[];
  /** Where every other package is. */
  readonly upstream: string;
}

interface Package {
  readonly versions: Record<string, PublishedVersion & { dist: { tarball: string } }>;
  readonly tags: Record<string, string>;
  readonly tarballs: Map<string, Buffer>;
}

/** What npm, pnpm and changesets send with a new version. */
interface Publication {
  readonly versions: Package['versions'];
  readonly 'dist-tags': Record<string, string>;
  readonly _attachments: Readonly<Record<string, { readonly data: string }>>;
}

/**
 * Starts a registry that takes what is published to it and sends every other request on to the real one. It knows no
 * users and no rights, and forgets everything when it ends: enough to see what a release does.
 */
export async function startRegistry({ names, upstream }: RegistryOptions): Promise<LocalRegistry> {
  const packages = new Map<string, Package>();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => send(response, 500, { error: String(error) }));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url ?? '/', url).pathname).slice(1);
    const name = names.find(other => path === other || path.startsWith(`${other}/-/`));
    if (name === undefined) {
      // whoever publishes is asked for a name and a second factor
      if (path === '-/whoami') return send(response, 200, { username: 'rehearsal' });
      if (path === '-/npm/v1/user') return send(response, 200, { name: 'rehearsal', tfa: false });
      response.writeHead(302, { location: new URL(request.url!.slice(1), upstream).href }).end();
      return;
    }
    if (request.method === 'PUT') return send(response, ...publish(name, (await json(request)) as Publication));
    const found = packages.get(name);
    if (!found) return send(response, 404, { error: 'Not found' });
    if (path === name) return send(response, 200, { name, 'dist-tags': found.tags, versions: found.versions });
    const tarball = found.tarballs.get(path.slice(`${name}/-/`.length));
    if (!tarball) return send(response, 404, { error: 'Not found' });
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(tarball);
  }

  function publish(name: string, publication: Publication): [number, object] {
    const found = packages.get(name) ?? { versions: {}, tags: {}, tarballs: new Map<string, Buffer>() };
    const [attachment] = Object.values(publication._attachments);
    for (const [version, manifest] of Object.entries(publication.versions)) {
      if (found.versions[version]) return [403, { error: `${name}@${version} is published already` }];
      const file = `${version}.tgz`;
      found.versions[version] = { ...manifest, dist: { ...manifest.dist, tarball: `${url}${name}/-/${file}` } };
      found.tarballs.set(file, Buffer.from(attachment?.data ?? '', 'base64'));
    }
    Object.assign(found.tags, publication['dist-tags']);
    packages.set(name, found);
    return [201, { ok: true }];
  }

  return {
    url,
    get published() {
      return new Map([...packages].map(([name, { versions }]) => [name, Object.values(versions)]));
    },
    [Symbol.asyncDispose]: () => stop(server),
  };
}

function send(response: ServerResponse, status: number, body: object): void {
  // nothing of a rehearsal may stay in npm's cache
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise(resolve => server.close(resolve));
}
