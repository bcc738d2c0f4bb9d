import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommandLine } from './run-command-line.js';

/** Where the files of this package are. */
export interface Installation {
  readonly packageFile: URL;
  readonly pageFolder: URL;
}

/** Runs the command line of this process; a reader that goes away ends it quietly, a second signal at once. */
export async function runInProcess({ packageFile, pageFolder }: Installation): Promise<void> {
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interrupt.abort(signal));
  }
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (stream === process.stdout) interrupt.abort('EPIPE');
    });
  }
  const { version } = JSON.parse(await readFile(packageFile, 'utf8')) as { version: string };
  const directory = process.env['INIT_CWD'] ?? process.cwd(); // npm changes the current one
  process.exitCode = await runCommandLine(process.argv.slice(2), version, {
    directory,
    pageFolder: fileURLToPath(pageFolder),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    interrupted: interrupt.signal,
    loadModel: async (source, options) => {
      const { loadMiniGPT4, presetNames } = await import('minigpt4'); // the engine is large: not for --help
      return loadMiniGPT4(presetNames().includes(source) ? source : resolve(directory, source), options);
    },
    startModel: async options => {
      const { startEngine } = await import('@minigpt4/engine');
      return startEngine({ ...options, directory });
    },
  });
}
