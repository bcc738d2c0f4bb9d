import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeCourses } from './rehearsal/describe-courses.js';
import { rehearse } from './rehearsal/rehearse.js';
import { run } from './run.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Exit codes after the signals that end a rehearsal early. */
const signals = { SIGINT: 130, SIGTERM: 143 } as const;

/** Rehearses in a temporary folder, which is gone when this returns an exit code. */
async function main(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    process.stderr.write(`rehearse: no arguments expected, got ${args.join(' ')}. Leave out what follows --.\n`);
    return 2;
  }
  const stop = new AbortController();
  for (const [signal, code] of Object.entries(signals)) process.once(signal, () => stop.abort(code));
  const { stdout } = await run('git', ['status', '--porcelain'], { cwd: root });
  if (stdout !== '') process.stderr.write('what is not committed is no part of the rehearsal\n');
  const folder = await mkdtemp(join(tmpdir(), 'rehearsal-'));
  try {
    const onStep = (step: string): unknown => process.stderr.write(`${step} …\n`);
    const { courses, problems } = await rehearse({ root, folder, signal: stop.signal, onStep });
    process.stdout.write(`${describeCourses(courses, ['first', 'one patch', 'minor below'])}\n`);
    for (const problem of problems) process.stdout.write(`${problem}.\n`);
    return problems.length > 0 ? 1 : 0;
  } catch (error) {
    if (stop.signal.aborted) return Number(stop.signal.reason);
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

process.exitCode = await main(process.argv.slice(2));
