import { readFile } from 'node:fs/promises';
import { runProgram } from './run-program.js';

/** Runs the command line of this process; a reader that goes away ends it quietly, a second signal at once. */
export async function runInProcess(packageFile: URL): Promise<void> {
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
  process.exitCode = await runProgram(process.argv.slice(2), {
    directory: process.env['INIT_CWD'] ?? process.cwd(), // npm changes the current one
    version,
    environment: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    interrupted: interrupt.signal,
  });
}
