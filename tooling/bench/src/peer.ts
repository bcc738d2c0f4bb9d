import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The path of one of the scripts that run a stage or a step in PyTorch. */
export function peerScript(name: string): string {
  return fileURLToPath(new URL(`../pytorch/${name}`, import.meta.url));
}

/** Runs a process to its end and reads the JSON value that it prints. */
export async function figures<T>(command: string, parameters: readonly string[]): Promise<T> {
  const { stdout } = await run(command, parameters, { maxBuffer: 1 << 24 });
  return JSON.parse(stdout) as T;
}

/** The version of PyTorch that a Python has; undefined where it has none. */
export async function torchVersion(python: string): Promise<string | undefined> {
  const found = await run(python, ['-c', 'import torch; print(torch.__version__)']).catch(() => undefined);
  return found?.stdout.trim();
}
