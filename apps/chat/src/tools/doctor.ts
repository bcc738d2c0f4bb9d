import { resolve } from 'node:path';
import type { Diagnosis, Finding } from 'minigpt4/diagnose';
import type { Surroundings } from '../command-line/surroundings.js';
import { readFlags, toolCommand } from './tool.js';

interface Flags {
  readonly model: string;
  readonly directory?: string;
  readonly json?: true;
}

const examples = `
Examples:
  minigpt4-chat doctor                                     the tiny model and this machine
  minigpt4-chat doctor --model models/vicuna-7b --json     the same of a directory, for programs`;

/**
 * Says of a model, before it is loaded, whether it will work here: one line a finding and what to do about it, or with
 * `--json` one object.
 *
 * @returns the exit code: 1 where something keeps the model from working
 */
export async function doctor(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const command = toolCommand('doctor', surroundings)
    .description('Look at a model and this machine: what it is, whether it is whole, what memory it takes.')
    .option('--model <name>', 'preset name, model directory or GGUF file', 'tiny')
    .option('--directory <path>', "directory of a preset's files")
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples);
  const flags = readFlags<Flags>(command, args);
  if (flags === undefined) return 0;
  const { stdout, directory: from } = surroundings;
  const { diagnose } = await import('minigpt4/diagnose');
  const directory = flags.directory === undefined ? {} : { directory: resolve(from, flags.directory) };
  const diagnosis = await diagnose(flags.model, { from, ...directory });
  stdout.write(flags.json ? `${JSON.stringify(diagnosis)}\n` : describe(diagnosis));
  return diagnosis.level === 'failure' ? 1 : 0;
}

function describe({ findings }: Diagnosis): string {
  const width = Math.max(...findings.map(({ code }) => code.length));
  const line = ({ level, code, message, fix }: Finding) => {
    const indent = ' '.repeat('failure'.length + width + 4);
    const text = message.replaceAll('\n', `\n${indent}`);
    return `${level.padEnd('failure'.length)}  ${code.padEnd(width)}  ${text}\n${fix === undefined ? '' : `${indent}${fix}\n`}`;
  };
  const count = (level: string) => {
    const found = findings.filter(finding => finding.level === level).length;
    return `${found} ${level}${level === 'ok' || found === 1 ? '' : 's'}`;
  };
  const summary = [count('ok'), count('warning'), count('failure')].join(', ');
  return `${findings.map(line).join('')}${summary}\n`;
}
