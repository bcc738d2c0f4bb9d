import { Command, Option } from 'commander';
import { typedPath, type CommandContext, type MakeCommand, writeJson } from '../command-line/command-context.js';

interface ExportFlags {
  readonly output: string;
  readonly format?: 'pth' | 'safetensors';
  readonly json?: true;
}

/** `export`: writes a projection in another format. */
export const exportCommand: MakeCommand = context =>
  new Command('export')
    .description('write a trained projection as safetensors, or as a .pth that the original code loads')
    .argument('<projection>', 'folder of a run, or a .safetensors or .pth file')
    .requiredOption('--output <file>', 'where it goes')
    .addOption(
      new Option('--format <name>', 'what it becomes (default: by the ending of the file)').choices([
        'pth',
        'safetensors',
      ]),
    )
    .option('--json', 'print one JSON object at the end')
    .addHelpText(
      'after',
      `
Examples:
  minigpt4-trainer export runs/tiny-stage2 --output minigpt4.pth
  minigpt4-trainer export minigpt4.pth --output projection.safetensors`,
    )
    .action((projection: string, flags: ExportFlags) => runExport(projection, flags, context));

async function runExport(projection: string, flags: ExportFlags, context: CommandContext): Promise<void> {
  const { exportProjection } = await import('../run/export-projection.js');
  const result = await exportProjection(typedPath(context, projection), typedPath(context, flags.output), flags.format);
  if (flags.json) return writeJson(context, result);
  context.stderr.write(`${result.inputWidth} to ${result.outputWidth}, ${result.format}: ${result.output}\n`);
}
