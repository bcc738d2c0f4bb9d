import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { hostileFiles } from './hostile/hostile-files.js';
import { hostileFileName } from './hostile/try-hostile.js';
import { checkpointKinds } from './originals.js';
import { hostileRow, tableHead, tableRow } from './report.js';
import { Supervised } from './supervise.js';
import { tallyTrials } from './tally.js';

/** What `--kind` calls the files that are made to do harm. */
const hostile = 'hostile';

/** What one of them may cost at most, in processor time and memory. */
const most = { milliseconds: 2000, bytes: 256 * 2 ** 20 };

interface Flags {
  readonly copies: number;
  readonly seed: number;
  readonly kind?: string;
  readonly timeLimit: number;
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('A whole number of at least 1 is expected.');
}

function readFlags(): Flags {
  const names = [...checkpointKinds.map(({ name }) => name), hostile];
  return new Command('damage')
    .description('Opens damaged copies of every kind of checkpoint, and hostile files, and says what became of them.')
    .option('--copies <number>', 'of each kind', wholeNumber, 1000)
    .option('--seed <number>', 'of the damage', wholeNumber, 1)
    .addOption(new Option('--kind <name>', 'one kind alone').choices(names))
    .option('--time-limit <milliseconds>', 'after which a copy counts as one that never ends', wholeNumber, 10_000)
    .addHelpText(
      'after',
      '\nExamples:\n  npm run check -- damage\n  npm run check -- damage --kind GGUF --copies 5000 --seed 7',
    )
    .parse()
    .opts<Flags>();
}

const child = fileURLToPath(new URL('child.js', import.meta.url));
const { copies, seed, kind, timeLimit } = readFlags();

/** Damaged copies of each kind, to the number of violations. */
async function damageCopies(folder: string): Promise<number> {
  const kinds = checkpointKinds.filter(({ name }) => kind === undefined || name === kind);
  let failed = 0;
  process.stdout.write(`${tableHead()}\n`);
  for (const { name } of kinds) {
    const supervised = new Supervised({ file: child, args: [name, join(folder, name), String(seed)], timeLimit });
    const tally = await tallyTrials(supervised.run, { copies });
    await supervised.close();
    process.stdout.write(`${tableRow(name, tally)}\n`);
    failed += tally.violations.length;
  }
  process.stdout.write(`${kinds.length * copies} damaged copies, ${failed} violations\n`);
  return failed;
}

/** Every hostile file in a process of its own, to the number of violations. */
async function openHostileFiles(folder: string): Promise<number> {
  let failed = 0;
  for (const [number, { make }] of hostileFiles.entries()) {
    const path = join(folder, hostileFileName(number));
    await writeFile(path, make());
    const supervised = new Supervised({ file: child, args: [hostile, folder], timeLimit });
    const trial = await supervised.run(number);
    await supervised.close();
    await rm(path);
    const tooMuch = trial.milliseconds > most.milliseconds || trial.peakBytes > most.bytes;
    if (tooMuch || trial.verdict.kind === 'violation') failed++;
    process.stdout.write(`${tooMuch ? 'TOO MUCH ' : ''}${hostileRow(trial)}\n`);
  }
  process.stdout.write(`${hostileFiles.length} hostile files, ${failed} violations\n`);
  return failed;
}

const folder = await mkdtemp(join(tmpdir(), 'minigpt4-damage-'));
try {
  const damaged = kind === hostile ? 0 : await damageCopies(folder);
  const opened = kind === undefined || kind === hostile ? await openHostileFiles(folder) : 0;
  process.exitCode = damaged + opened === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
