import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Puts the tarball of a package, `NAME@VERSION`, into a folder. */
export type Pack = (spec: string, folder: string, signal?: AbortSignal) => Promise<void>;

const run = promisify(execFile);

/** Asks npm for a tarball, from whichever registry npm is set up for; nothing is installed and no script runs. */
export const npmPack: Pack = async (spec, folder, signal) => {
  const args = ['pack', spec, '--json', '--ignore-scripts', '--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
  const isWindows = process.platform === 'win32';
  try {
    await run(isWindows ? 'npm.cmd' : 'npm', args, {
      cwd: folder,
      shell: isWindows, // npm is a script there
      maxBuffer: 64 * 2 ** 20,
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error(npmReason(error), { cause: error });
  }
};

/** What npm says went wrong, in a line: it writes a JSON object to stdout and prose to stderr. */
function npmReason(error: unknown): string {
  const { stdout = '', stderr = '', code } = error as { stdout?: string; stderr?: string; code?: unknown };
  if (code === 'ENOENT') return 'npm is not on the PATH';
  const said =
    /"code":\s*"(?<code>[^"]+)"/u.exec(stdout)?.groups?.code ?? /npm error code (?<code>\S+)/u.exec(stderr)?.[1];
  const summary = /"summary":\s*"(?<text>[^"\\]+)/u.exec(stdout)?.groups?.text?.trim();
  if (said) return [said, summary].filter(part => part !== undefined && part !== '').join(': ');
  return stderr.trim().split('\n').at(-1) ?? String(error);
}
