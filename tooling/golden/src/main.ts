import { resolve } from 'node:path';
import { isMiniGPT4Error } from '@minigpt4/core';
import { Command } from 'commander';
import { Report } from './report.js';
import { runDirectory } from './run-directory.js';

async function main(): Promise<void> {
  const program = new Command('golden')
    .description('Compares this implementation with reference tensors of the original, one line per tensor.')
    .argument('<directory>', 'absolute, or relative to where the command was typed')
    .addHelpText(
      'after',
      '\nExamples:\n  npm run golden -- ../shared/goldens/nano\n  npm run golden -- /data/goldens/preprocess',
    )
    .parse();
  const directory = resolve(process.env.INIT_CWD ?? process.cwd(), program.args[0]!);
  const report = new Report(line => process.stdout.write(`${line}\n`));
  await runDirectory(directory, report);
  const failed = report.checks.filter(check => !check.ok).length;
  if (report.skips.length > 0) process.stdout.write(`${report.skips.length} skipped\n`);
  process.stdout.write(`${report.checks.length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

main().catch((error: unknown) => {
  process.stderr.write(
    `${isMiniGPT4Error(error) ? `${error.message} (${error.code})` : String((error as Error).stack)}\n`,
  );
  process.exitCode = 1;
});
