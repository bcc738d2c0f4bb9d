import { join } from 'node:path';
import { Command } from 'commander';
import { type CommandContext, type MakeCommand, typedPath, writeJson } from '../command-line/command-context.js';
import { writeResultFile } from '../command-line/write-result-file.js';
import { readRun } from '../report/read-run.js';
import { runReport } from '../report/run-report.js';

interface ReportFlags {
  readonly against?: string;
  readonly output?: string;
  readonly json?: true;
}

/** `report`: shows a run as one HTML file. */
export const reportCommand: MakeCommand = context =>
  new Command('report')
    .description('show a run as one HTML file: curves, answers, evaluations, settings, alarms')
    .argument('<folder>', 'folder of a run')
    .option('--against <folder>', 'a second run beside it')
    .option('--output <file>', 'where it goes (default: report.html in the folder of the run)')
    .option('--json', 'print one JSON object at the end')
    .addHelpText(
      'after',
      `
Examples:
  train report runs/tiny-stage2
  train report runs/tiny-stage2 --against runs/tiny-stage1 --output before-after.html`,
    )
    .action((folder: string, flags: ReportFlags) => writeReport(folder, flags, context));

async function writeReport(folder: string, flags: ReportFlags, context: CommandContext): Promise<void> {
  const path = (name: string) => typedPath(context, name);
  const run = await readRun(path(folder));
  const other = flags.against === undefined ? undefined : await readRun(path(flags.against));
  const output = flags.output === undefined ? join(path(folder), 'report.html') : path(flags.output);
  await writeResultFile(output, runReport(run, other));
  const runs = other ? [run, other] : [run];
  const names = runs.map(({ name }) => name);
  const warnings = runs.flatMap(one => one.warnings);
  if (flags.json) return writeJson(context, { output, runs: names, warnings });
  for (const warning of warnings) context.stderr.write(`warning: ${warning}\n`);
  context.stderr.write(`report of ${names.join(' against ')}: ${output}\n`);
}
