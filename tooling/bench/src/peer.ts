import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The path of one of the scripts that run a stage or a step in PyTorch. */
export function peerScript(name: string): string {
  return fileURLToPath(new URL(`../pytorch/${name}`, import.meta.url));
}

/** Runs a process to its end and reads the JSON value that it prints; `environment` is added to that of this process. */
export async function figures<T>(
  command: string,
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<T> {
  const env = { ...process.env, ...environment };
  const { stdout } = await run(command, parameters, { maxBuffer: 1 << 24, env });
  return JSON.parse(stdout) as T;
}

/** {@link figures} of a hidden command of this program, in a process of its own. */
export function ownFigures<T>(
  command: string,
  job: object,
  environment: Readonly<Record<string, string>> = {},
): Promise<T> {
  return figures<T>(process.execPath, [process.argv[1]!, command, JSON.stringify(job)], environment);
}

/** The version of PyTorch that a Python has; undefined where it has none. */
export async function torchVersion(python: string): Promise<string | undefined> {
  const found = await run(python, ['-c', 'import torch; print(torch.__version__)']).catch(() => undefined);
  return found?.stdout.trim();
}
