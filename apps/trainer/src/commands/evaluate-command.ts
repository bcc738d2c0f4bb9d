import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isMiniGPT4Error, MiniGPT4Error } from '@minigpt4/core';
import { Command } from 'commander';
import { presetNames } from 'minigpt4';
import { type CommandContext, type MakeCommand, typedPath, writeJson } from '../command-line/command-context.js';
import { writeResultFile } from '../command-line/write-result-file.js';
import { defaultEmojiFolder } from '../emoji/default-folders.js';
import { compareEvaluations } from '../evaluate/compare-evaluations.js';
import type { Evaluation } from '../evaluate/evaluation.js';
import { comparisonText, evaluationText } from '../evaluate/output/evaluation-text.js';
import { readEvaluation } from '../evaluate/read-evaluation.js';
import { terminalProgress } from '../evaluate/output/terminal-progress.js';
import { runDirectory } from '../run/run-directory.js';
import { addEvaluateOptions, type EvaluateFlags, settingsFrom } from './evaluate-options.js';

/** `evaluate`: measures a model with a projection on a set, or shows what it can do. */
export const evaluateCommand: MakeCommand = context =>
  addEvaluateOptions(
    new Command('evaluate').description('measure a projection on a set of pictures, or show what it can do'),
  )
    .addHelpText(
      'after',
      `
Examples:
  train evaluate --data test-twemoji.tar --projection runs/tiny-stage2 --output runs/tiny-stage2/evaluation-twemoji.json
  train evaluate --data test-twemoji.tar --metrics named,retrieval,pope,style --compare before.json --json
  train evaluate --abilities --image cat.png --projection runs/tiny-stage1 --against runs/tiny-stage2 --output page.html`,
    )
    .action((flags: EvaluateFlags) => (flags.abilities ? runAbilities(flags, context) : runEvaluation(flags, context)));

async function runEvaluation(flags: EvaluateFlags, context: CommandContext): Promise<void> {
  const path = (name: string) => typedPath(context, name);
  // a typing error here must not cost a whole evaluation
  const before = flags.compare === undefined ? undefined : await readEvaluation(path(flags.compare));
  const evaluation =
    flags.result === undefined ? await evaluated(flags, context) : await readEvaluation(path(flags.result));
  if (flags.output !== undefined) await writeResultFile(path(flags.output), `${JSON.stringify(evaluation)}\n`);
  const { samples: _, ...printed } = evaluation;
  const comparison = before && compareEvaluations(evaluation, before);
  if (flags.json) return writeJson(context, { ...printed, ...(comparison && { comparison }) });
  context.stdout.write(evaluationText(evaluation));
  if (comparison) context.stdout.write(`\n${comparisonText(comparison, ['this', basename(flags.compare ?? '')])}`);
}

async function evaluated(flags: EvaluateFlags, context: CommandContext): Promise<Evaluation> {
  const progress = terminalProgress({ stderr: context.stderr, what: 'pictures', quiet: flags.quiet ?? false });
  const { evaluate } = await import('../evaluate/evaluate.js'); // the engine is large: not for --help
  const evaluation = await evaluate({
    ...modelFrom(flags, context),
    data: dataFrom(flags, context),
    settings: settingsFrom(flags),
    ...(flags.batch === undefined ? {} : { batch: flags.batch }),
    signal: context.interrupted,
    onProgress: progress.update,
  })
    .catch((error: unknown) => {
      throw context.interrupted.aborted && !isMiniGPT4Error(error) ? interruptedEarly(error) : error;
    })
    .finally(() => progress.finish());
  if (evaluation.partial) context.stderr.write(`interrupted: the figures are of the first ${evaluation.n} pictures.\n`);
  return evaluation;
}

async function runAbilities(flags: EvaluateFlags, context: CommandContext): Promise<void> {
  const progress = terminalProgress({ stderr: context.stderr, what: 'answers', quiet: flags.quiet ?? false });
  const { abilitiesOfPictures } = await import('../evaluate/abilities/abilities-of-pictures.js');
  const { projection, ...model } = modelFrom(flags, context);
  const { report, page } = await abilitiesOfPictures({
    ...model,
    projections: [
      projection,
      ...(flags.against === undefined ? [] : [projectionFile(typedPath(context, flags.against))]),
    ],
    pictures: flags.image
      ? { files: flags.image.map(file => typedPath(context, file)) }
      : { data: dataFrom(flags, context), limit: flags.limit ?? 4 },
    maxNewTokens: flags.descriptionMaxNewTokens,
    signal: context.interrupted,
    onProgress: progress.update,
  }).finally(() => progress.finish());
  if (flags.output !== undefined) {
    const isPage = /\.html?$/iu.test(flags.output);
    await writeResultFile(typedPath(context, flags.output), isPage ? await page() : `${JSON.stringify(report)}\n`);
  }
  if (flags.json) return writeJson(context, report);
  const { abilitiesText } = await import('../evaluate/abilities/abilities-text.js');
  context.stdout.write(abilitiesText(report));
}

function modelFrom(flags: EvaluateFlags, context: CommandContext) {
  return {
    model: presetNames().includes(flags.model) ? flags.model : typedPath(context, flags.model),
    ...(flags.languageModel === undefined ? {} : { languageModel: typedPath(context, flags.languageModel) }),
    ...(flags.projection === undefined ? {} : { projection: projectionFile(typedPath(context, flags.projection)) }),
    ...(flags.threads === undefined ? {} : { threads: flags.threads }),
  };
}

/** The file of a projection that may be named by the folder of its run. */
function projectionFile(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? runDirectory(path).projection : path;
}

function dataFrom({ data }: EvaluateFlags, context: CommandContext): readonly string[] {
  if (data) return data.map(path => typedPath(context, path));
  const folder = defaultEmojiFolder(context.environment);
  const names = existsSync(folder) ? readdirSync(folder).filter(name => /^test-.*\.tar$/u.test(name)) : [];
  if (names.length > 0) return names.toSorted().map(name => join(folder, name));
  throw new MiniGPT4Error(
    'DATA_MISSING',
    `evaluate: no data, expected --data or the test sets of emoji in ${folder}, got neither. Build that set with "data emoji", or pass --data.`,
  );
}

function interruptedEarly(cause: unknown): MiniGPT4Error {
  return new MiniGPT4Error(
    'INTERRUPTED',
    'evaluate: interrupted, expected at least one batch of pictures, got none. Run it again.',
    { cause },
  );
}
