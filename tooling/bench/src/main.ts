import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { isMiniGPT4Error } from '@minigpt4/core';
import { Command, Option } from 'commander';
import type { EngineBenchOptions } from './engine/engine-command.js';
import type { GenerateOptions } from './commands/generate-command.js';
import type { MiniGPT4BenchOptions } from './minigpt4/minigpt4-command.js';
import { pictureVariants } from './minigpt4/picture-variants.js';
import type { NamingOptions } from './commands/naming-command.js';
import type { LlmOptions } from './llm/llm-command.js';
import { defaultVariants, languageVariants } from './llm/language-variants.js';
import type { QuantisationOptions } from './quantisation/quantisation-command.js';
import { scoredStorages } from './quantisation/scored-storages.js';
import type { StagesOptions } from './commands/stages-command.js';
import type { TrainOptions } from './train/train-command.js';
import { trainVariants } from './train/train-variants.js';

// commands are imported when they are run: a process that measures another library must not hold ours

const typedDirectory = process.env.INIT_CWD ?? process.cwd();
const typed = (path: string) => resolve(typedDirectory, path);
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
  .action(async (options: StagesOptions) => (await import('./commands/stages-command.js')).stagesCommand(options));

program
  .command('measure <stage> <threads>', { hidden: true })
  .action(async (stage: string, threads: string) =>
    (await import('./commands/stages-command.js')).measureCommand(stage, number(threads)),
  );

program
  .command('train')
  .description('a training step through frozen language models of real sizes, beside PyTorch where it is installed')
  .option('--only <text>', 'only models whose name contains this')
  .option('--variants <names>', `only these, with commas between: ${Object.keys(trainVariants).join(',')}`)
  .option('--rounds <n>', 'runs of each variant, in turn with PyTorch; the best counts on both sides', number, 1)
  .option('--threads <n>', 'threads on both sides', number, Math.min(2, availableParallelism()))
  .option('--python <path>', 'the Python to look for PyTorch in (environment: BENCH_PYTHON)', defaultPython)
  .option('--json', 'one JSON object on stdout', false)
  .action(async (options: TrainOptions) => (await import('./train/train-command.js')).trainCommand(options));

program
  .command('train-job <job>', { hidden: true })
  .action(async (job: string) => (await import('./train/train-command.js')).trainJobCommand(job));

program
  .command('llm')
  .description('a language model of random weights at real sizes, beside other engines where installed (bench peers)')
  .option('--shapes <names>', 'presets of `generate`, with commas between', 'llama-1.1b')
  .option('--layers <n>', 'only the first n layers', number)
  .option('--variants <names>', `with commas between, of: ${Object.keys(languageVariants).join(',')}`, defaultVariants)
  .option('--prompt <n>', 'tokens of the prompt', number, 256)
  .option('--tokens <n>', 'tokens generated after it', number, 128)
  .option('--rounds <n>', 'runs of each variant, in turn with llama.cpp; the best counts on both sides', number, 2)
  .option('--threads <n>', 'threads on all sides', number, Math.min(2, availableParallelism()))
  .option('--python <path>', 'the Python to look for PyTorch in (environment: BENCH_PYTHON)', defaultPython)
  .option('--json', 'one JSON object on stdout', false)
  .action(async (options: LlmOptions) => (await import('./llm/llm-command.js')).llmCommand(options));

program
  .command('llm-job <job>', { hidden: true })
  .action(async (job: string) => (await import('./llm/language-job.js')).languageJobCommand(job));

program
  .command('minigpt4')
  .description(
    'a whole MiniGPT-4 of random weights: conversion, load, memory, an answer about a picture, beside llama.cpp',
  )
  .option('--preset <name>', 'sizes of `generate`', 'vicuna-7b')
  .option('--layers <n>', 'only the first n layers of each part', number)
  .option('--variants <names>', `only these, with commas between: ${Object.keys(pictureVariants).join(',')}`)
  .option('--tokens <n>', 'tokens of the answer', number, 64)
  .option('--tokenizer <file>', 'a tokenizer.json for the model; without it, one that spells in bytes')
  .option('--rounds <n>', 'runs of each variant, in turn with llama.cpp; the best counts on both sides', number, 1)
  .option('--threads <n>', 'threads on both sides', number, Math.min(2, availableParallelism()))
  .option('--folder <directory>', 'keeps the model and its copies here, and finds them again (30 GB for 7 B)')
  .option('--json', 'one JSON object on stdout', false)
  .action(async ({ tokenizer, folder, ...options }: MiniGPT4BenchOptions) => {
    const paths = { ...(tokenizer && { tokenizer: typed(tokenizer) }), ...(folder && { folder: typed(folder) }) };
    await (await import('./minigpt4/minigpt4-command.js')).minigpt4Command({ ...options, ...paths });
  });

program
  .command('minigpt4-job <job>', { hidden: true })
  .action(async (job: string) => (await import('./minigpt4/picture-job.js')).pictureJobCommand(job));

program
  .command('quantisation')
  .description('what weights in fewer bits cost a language model: loss of a text, agreement with float32')
  .requiredOption('--model <path>', 'a GGUF file, or a directory of Hugging Face')
  .requiredOption('--text <file>', 'a text, or the logits.json of a golden directory')
  .option('--variants <names>', `only these, with commas between: ${Object.keys(scoredStorages).join(',')}`)
  .option('--threads <n>', 'threads', number, Math.min(2, availableParallelism()))
  .option('--json', 'one JSON object on stdout', false)
  .action(async ({ model, text, ...options }: QuantisationOptions) => {
    const { quantisationCommand } = await import('./quantisation/quantisation-command.js');
    await quantisationCommand({ ...options, model: typed(model), text: typed(text) });
  });

program
  .command('quantisation-job <job>', { hidden: true })
  .action(async (job: string) => (await import('./quantisation/quantisation-command.js')).quantisationJobCommand(job));

program
  .command('engine')
  .description('how long the event loop is away while a model loads, reads and writes in a process of its own')
  .option('--model <preset|path>', 'what to load', 'tiny')
  .option('--words <n>', 'words of the question', number, 100)
  .option('--tokens <n>', 'tokens of the answer', number, 48)
  .option('--threads <n>', 'threads', number, Math.min(2, availableParallelism()))
  .option('--json', 'one JSON object on stdout', false)
  .action(async ({ model, ...options }: EngineBenchOptions) => {
    const source = existsSync(typed(model)) ? typed(model) : model;
    await (await import('./engine/engine-command.js')).engineCommand({ ...options, model: source });
  });

program
  .command('engine-job <job>', { hidden: true })
  .action(async (job: string) => (await import('./engine/engine-job.js')).engineJobCommand(job));

program
  .command('peers')
  .description(
    "installs the libraries that are compared with, in a folder of the user's cache (environment: BENCH_PEERS)",
  )
  .action(async () => (await import('./peers/peers-command.js')).peersCommand());

program
  .command('generate')
  .description('writes a model of random weights in the formats that the original downloads')
  .requiredOption('--preset <name>', 'vicuna-7b, vicuna-13b, llama2-7b, or llama-1.1b: a language model alone')
  .requiredOption('--output <directory>', 'where to; 17 GB for 7 B')
  .option('--layers <n>', 'only the first n layers of each part', number)
  .option('--tokenizer <file>', 'a tokenizer.json to copy; without it, one that spells in bytes')
  .action(async ({ output, tokenizer, ...options }: GenerateOptions) => {
    const paths = { output: typed(output), ...(tokenizer && { tokenizer: typed(tokenizer) }) };
    await (await import('./commands/generate-command.js')).generateCommand({ ...options, ...paths });
  });

program
  .command('naming')
  .description('how many pictures of WebDataset shards a model names, by the rule of the tiny model')
  .requiredOption('--data <file...>', 'shards whose JSON has label and group')
  .option('--model <preset|directory>', 'the model', 'tiny')
  .option('--projection <file>', 'another projection than the model has')
  .addOption(new Option('--language <bits>', "of the language model's weights").choices(['int4', 'int8', 'none']))
  .addOption(new Option('--vision <bits>', "of the vision encoder's weights").choices(['int8', 'float16', 'none']))
  .option('--limit <n>', 'only the first n pictures', number)
  .option('--json', 'one JSON object on stdout', false)
  .action(async (options: NamingOptions) =>
    (await import('./commands/naming-command.js')).namingCommand({ ...options, data: options.data.map(typed) }),
  );

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(
    `${isMiniGPT4Error(error) ? `${error.message} (${error.code})` : String((error as Error).stack)}\n`,
  );
  process.exitCode = 1;
});
