import { installPeers, peersFolder } from './peer-packages.js';

/** Installs what the benchmarks compare with, away from this repository. */
export async function peersCommand(): Promise<void> {
  await installPeers();
  process.stdout.write(`${peersFolder()}\n`);
}
