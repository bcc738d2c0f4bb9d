import { resolve } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { ChatCommand, ModelChoice } from './command.js';
import type { AnswerOptions, LoadOptions, QuantizeParts } from 'minigpt4';
import { describeRange, isInRange, type SettingName } from '../setting-ranges.js';

/** Asked when a picture is given without a question. */
export const defaultQuestion = 'Describe this image in detail.';

/** What the command line is read with. */
export interface CommandLineOptions {
  /** Folder that relative paths start from. */
  readonly directory: string;
  /** Printed by `--version`. */
  readonly version: string;
  /** Takes the text of `--help` and `--version`. */
  readonly write: (text: string) => void;
}

interface Flags extends AnswerOptions {
  readonly image?: string;
  readonly ask?: string;
  readonly json?: true;
  readonly terminal?: true;
  readonly model: string;
  readonly threads?: number;
  readonly projection?: string;
  readonly directory?: string;
  readonly quantize?: NonNullable<QuantizeParts['language']>;
  readonly quantizeBlock?: '32' | '64' | '128';
  readonly quantizeVision?: NonNullable<QuantizeParts['vision']>;
  readonly prefillCopy?: NonNullable<LoadOptions['prefillCopy']>;
  readonly device?: NonNullable<LoadOptions['device']>;
  readonly inProcess?: true;
  readonly host: string;
  readonly port: number;
}

const examples = `
Examples:
  minigpt4-chat                                        web page on http://127.0.0.1:3000
  minigpt4-chat --image cat.png --ask "What is this?"  one answer on standard output
  minigpt4-chat --image - --json < cat.png             the same for programs
  minigpt4-chat --terminal --image cat.png             chat in the terminal
  minigpt4-chat doctor --model models/vicuna-7b        whether a model will work here
  minigpt4-chat merge-delta --help                     Vicuna of LLaMA and its delta`;

function numberFlag(flags: string, description: string, name: SettingName): Option {
  return new Option(flags, description).argParser(text => {
    const value = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : undefined;
    if (!isInRange(name, value)) throw new InvalidArgumentError(`Expected ${describeRange(name)}.`);
    return value;
  });
}

function choiceFlag(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices);
}

function onlyOnce(text: string, previous: string | undefined): string {
  if (previous !== undefined) throw new InvalidArgumentError(`Only one is supported, got '${previous}' as well.`);
  if (text.trim() === '') throw new InvalidArgumentError('Expected some text, got none.');
  return text;
}

function describeFlags({ version, write }: CommandLineOptions): Command {
  const oneShot = ['terminal', 'port', 'host'];
  return new Command('minigpt4-chat')
    .description('Chat about pictures: a web page, a terminal chat, or one answer to one question.')
    .addOption(
      new Option('--image <file>', 'picture to ask about, - for standard input')
        .argParser(onlyOnce)
        .conflicts(['port', 'host']),
    )
    .addOption(
      new Option('--ask <text>', `question (default with --image: "${defaultQuestion}")`)
        .argParser(onlyOnce)
        .conflicts(oneShot),
    )
    .addOption(new Option('--json', 'print one JSON object').conflicts(oneShot))
    .addOption(new Option('--terminal', 'chat in the terminal').conflicts(['port', 'host']))
    .addOption(
      new Option('--model <name>', 'preset, model directory, GGUF file, or hf:OWNER/NAME[@REVISION][/FILE]').default(
        'tiny',
      ),
    )
    .addOption(new Option('--directory <path>', "directory of a preset's files"))
    .addOption(new Option('--projection <file>', "another trained projection instead of the model's own"))
    .addOption(numberFlag('--max-new-tokens <n>', 'longest answer in tokens', 'maxNewTokens'))
    .addOption(numberFlag('--temperature <t>', 'above 0 samples instead of taking the likeliest token', 'temperature'))
    .addOption(numberFlag('--top-p <p>', 'sample from the likeliest tokens of this total probability', 'topP'))
    .addOption(numberFlag('--top-k <k>', 'sample from this many likeliest tokens', 'topK'))
    .addOption(numberFlag('--seed <n>', 'seed of the sampling', 'seed'))
    .addOption(numberFlag('--repetition-penalty <r>', 'above 1 makes used tokens less likely', 'repetitionPenalty'))
    .addOption(numberFlag('--beams <n>', 'beam search with this many beams', 'beams'))
    .addOption(numberFlag('--port <n>', 'port of the web page, 0 for any free one', 'port').default(3000))
    .addOption(new Option('--host <address>', 'address the web page is bound to').default('127.0.0.1'))
    .addOption(numberFlag('--threads <n>', 'CPU threads', 'threads'))
    .addOption(choiceFlag('--quantize <bits>', 'bits of the language model', ['int4', 'int8', 'none']))
    .addOption(choiceFlag('--quantize-block <n>', 'weights that share a scale in int4', ['32', '64', '128']))
    .addOption(choiceFlag('--quantize-vision <bits>', 'bits of what sees the picture', ['int8', 'float16', 'none']))
    .addOption(choiceFlag('--prefill-copy <bits>', 'a second copy of the weights, for prompts', ['int8', 'none']))
    .addOption(choiceFlag('--device <name>', 'where to compute', ['cpu', 'cuda', 'auto']))
    .addOption(new Option('--in-process', 'compute in this process, as one answer always does'))
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', examples)
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: () => {} });
}

const codes: Record<string, string> = {
  'commander.unknownOption': 'UNKNOWN_FLAG',
  'commander.conflictingOption': 'CONFLICTING_FLAGS',
  'commander.excessArguments': 'UNEXPECTED_ARGUMENT',
};

/** What commander found wrong, as an error of ours. */
export function asUsageError(error: CommanderError): MiniGPT4Error {
  const text = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  const sentence = /[.?)]$/.test(text) ? text : `${text}.`;
  const hint = 'See --help.';
  return new MiniGPT4Error(codes[error.code] ?? 'INVALID_FLAG', `command line: ${sentence} ${hint}`, { cause: error });
}

function conflict(message: string): MiniGPT4Error {
  return new MiniGPT4Error('CONFLICTING_FLAGS', `command line: ${message} See --help.`);
}

/** The flags that are about the model, and those that are about answers. */
function modelChoice(
  flags: Omit<Flags, 'image' | 'ask' | 'json' | 'terminal' | 'host' | 'port'>,
  from: string,
): { readonly model: ModelChoice; readonly settings: AnswerOptions } {
  const { model: source, projection, directory, inProcess = false, threads, prefillCopy, device, ...others } = flags;
  const { quantize: language, quantizeBlock: block, quantizeVision: vision, ...settings } = others;
  const quantize: QuantizeParts = {
    ...(language && { language }),
    ...(block && { block: Number(block) as NonNullable<QuantizeParts['block']> }),
    ...(vision && { vision }),
  };
  const model: ModelChoice = {
    source,
    ...(threads !== undefined && { threads }),
    ...(projection !== undefined && { projection: resolve(from, projection) }),
    ...(directory !== undefined && { directory: resolve(from, directory) }),
    ...(Object.keys(quantize).length > 0 && { quantize }),
    ...(prefillCopy && { prefillCopy }),
    ...(device && { device }),
    inProcess,
  };
  return { model, settings };
}

function toCommand(flags: Flags, directory: string): ChatCommand {
  const { image, ask, json, terminal, host, port, ...rest } = flags;
  const { model, settings } = modelChoice(rest, directory);
  const picture = image !== undefined && { image: image === '-' ? image : resolve(directory, image) };
  if (terminal) {
    if (image === '-') throw conflict('--terminal reads standard input itself, so --image - cannot be used with it.');
    return { kind: 'terminal', model, ...picture, settings };
  }
  if (image !== undefined || ask !== undefined) {
    // a process of its own would take longer to start than it helps
    return {
      kind: 'ask',
      model: { ...model, inProcess: true },
      ...picture,
      question: ask ?? defaultQuestion,
      json: json ?? false,
      settings,
    };
  }
  if (json) throw conflict('--json needs --image or --ask.');
  return { kind: 'serve', model, host, port, settings };
}

/**
 * What the arguments ask for, or undefined when they asked for help or the version, which is then written.
 *
 * @throws `UNKNOWN_FLAG` (with the nearest flag), `INVALID_FLAG`, `CONFLICTING_FLAGS` or `UNEXPECTED_ARGUMENT`.
 */
export function parseCommandLine(args: readonly string[], options: CommandLineOptions): ChatCommand | undefined {
  const command = describeFlags(options);
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw asUsageError(error);
  }
  return toCommand(command.opts<Flags>(), options.directory);
}
