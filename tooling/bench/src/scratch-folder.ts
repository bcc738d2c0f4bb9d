import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Gives `work` a folder for files of many gigabytes and removes it afterwards, also when the program is interrupted.
 * A folder named by the user is made where it is not there, and kept.
 */
export async function withScratchFolder<T>(kept: string | undefined, work: (folder: string) => Promise<T>): Promise<T> {
  if (kept !== undefined) {
    await mkdir(kept, { recursive: true });
    return work(kept);
  }
  const folder = await mkdtemp(join(tmpdir(), 'minigpt4-bench-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const interrupted = (signal: NodeJS.Signals) => {
    remove();
    process.kill(process.pid, signal); // this time nobody listens
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    return await work(folder);
  } finally {
    remove();
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
}

/** Bytes of a file, or of all files in a folder and the folders in it; 0 where there is nothing. */
export async function bytesOnDisk(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) return found?.size ?? 0;
  const names = await readdir(path);
  const sizes = await Promise.all(names.map(name => bytesOnDisk(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}
