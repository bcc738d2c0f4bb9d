import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { isMiniGPT4Error } from '@minigpt4/core';
import { Command } from 'commander';
import { namingCommand } from './naming-command.js';
import { measureCommand, stagesCommand } from './stages-command.js';
import { trainCommand, trainJobCommand } from './train/train-command.js';
import { trainVariants } from './train/train-variants.js';

const typedDirectory = process.env.INIT_CWD ?? process.cwd();
const number = (text: string) => Number(text);
const defaultPython = process.env.BENCH_PYTHON ?? 'python3';

const program = new Command('bench').description('Time, memory and accuracy, measured on this machine.');

program
  .command('stages', { isDefault: true })
  .description('each stage on named real shapes with random weights, beside PyTorch where it is installed')
  .option('--only <text>', 'only stages whose name contains this')
  .option('--threads <n>', 'threads on both sides', number, Math.min(2, availableParallelism()))
  .option('--python <path>', 'the Python to look for PyTorch in (environment: BENCH_PYTHON)', defaultPython)
  .option('--json', 'one JSON object on stdout', false)
  .action(stagesCommand);

program
  .command('measure <stage> <threads>', { hidden: true })
  .action((stage: string, threads: string) => measureCommand(stage, number(threads)));

program
  .command('train')
  .description('a training step through frozen language models of real sizes, beside PyTorch where it is installed')
  .option('--only <text>', 'only models whose name contains this')
  .option('--variants <names>', `only these, with commas between: ${Object.keys(trainVariants).join(',')}`)
  .option('--rounds <n>', 'runs of each variant, in turn with PyTorch; the best counts on both sides', number, 1)
  .option('--threads <n>', 'threads on both sides', number, Math.min(2, availableParallelism()))
  .option('--python <path>', 'the Python to look for PyTorch in (environment: BENCH_PYTHON)', defaultPython)
  .option('--json', 'one JSON object on stdout', false)
  .action(trainCommand);

program.command('train-job <job>', { hidden: true }).action((job: string) => trainJobCommand(job));

program
  .command('naming')
  .description('how many pictures of WebDataset shards a model names, by the rule of the tiny model')
  .requiredOption('--data <file...>', 'shards whose JSON has label and group')
  .option('--model <preset|directory>', 'the model', 'tiny')
  .option('--projection <file>', 'another projection than the model has')
  .option('--limit <n>', 'only the first n pictures', number)
  .option('--json', 'one JSON object on stdout', false)
  .action(({ model, ...options }: Parameters<typeof namingCommand>[0]) =>
    namingCommand({ ...options, model, data: options.data.map(file => resolve(typedDirectory, file)) }),
  );

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(
    `${isMiniGPT4Error(error) ? `${error.message} (${error.code})` : String((error as Error).stack)}\n`,
  );
  process.exitCode = 1;
});
