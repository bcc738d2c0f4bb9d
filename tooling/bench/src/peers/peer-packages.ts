import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { MiniGPT4Error } from '@minigpt4/core';

const run = promisify(execFile);

/** A library that is compared with. */
interface Peer {
  /** What npm installs, at the versions that figures were taken with. */
  readonly packages: readonly string[];
  /** Whether to leave out what a package only may need: for one of them that is binaries for graphics cards, 700 MB. */
  readonly withoutOptional: boolean;
  /** The module, from the package's folder. */
  readonly entry: string;
}

const peers = {
  'node-llama-cpp': {
    packages: ['node-llama-cpp@3.22.1', `@node-llama-cpp/${binaryName()}@3.22.1`],
    withoutOptional: true,
    entry: 'dist/index.js',
  },
  '@huggingface/transformers': {
    packages: ['@huggingface/transformers@4.3.1'],
    withoutOptional: false,
    entry: 'dist/transformers.node.mjs',
  },
} as const satisfies Record<string, Peer>;

/** Names of packages that a benchmark can run. */
export type PeerPackage = keyof typeof peers;

/** Which of its prebuilt binaries node-llama-cpp needs on this machine, without a graphics card. */
function binaryName(): string {
  const { platform, arch } = process;
  if (platform === 'darwin') return arch === 'arm64' ? 'mac-arm64-metal' : 'mac-x64';
  return `${platform === 'win32' ? 'win' : platform}-${arch}`;
}

/** Where the packages are: a folder of their own in the user's cache (`XDG_CACHE_HOME`), or `BENCH_PEERS`. */
export function peersFolder({ BENCH_PEERS, XDG_CACHE_HOME }: NodeJS.ProcessEnv = process.env): string {
  return BENCH_PEERS || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'minigpt4', 'bench-peers');
}

/** Installs each there, in a folder of its own. @throws `PEERS_INSTALL` when npm fails */
export async function installPeers(folder = peersFolder()): Promise<void> {
  for (const [name, peer] of Object.entries<Peer>(peers)) await install(join(folder, basename(name)), peer);
}

async function install(folder: string, { packages, withoutOptional }: Peer): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', ...(withoutOptional ? ['--omit=optional'] : [])];
  await run('npm', ['install', ...options, ...packages], { cwd: folder, maxBuffer: 1 << 24 }).catch(
    (cause: unknown) => {
      throw new MiniGPT4Error(
        'PEERS_INSTALL',
        `bench peers: npm failed in ${folder}, expected it to install ${packages.join(', ')}, got ${(cause as Error).message.split('\n')[0]}. Look at its log, or go without a comparison.`,
        { cause },
      );
    },
  );
}

/** The version of a package that is there; undefined where it is not. */
export async function peerVersion(name: PeerPackage, folder = peersFolder()): Promise<string | undefined> {
  const text = await readFile(join(packageFolder(name, folder), 'package.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as { readonly version: string }).version;
}

/** Loads a package from there: `T` is what is used of it. */
export async function importPeer<T>(name: PeerPackage, folder = peersFolder()): Promise<T> {
  return (await import(pathToFileURL(join(packageFolder(name, folder), peers[name].entry)).href)) as T;
}

function packageFolder(name: PeerPackage, folder: string): string {
  return join(folder, basename(name), 'node_modules', name);
}
