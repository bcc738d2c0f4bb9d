import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MiniGPT4Error } from '@minigpt4/core';
import type { TerminalCommand } from './command.js';
import { conversation, type Conversation } from '../conversation.js';
import { describeTimings } from './describe-timings.js';
import { reportError } from '../error-report.js';
import { openModel } from './open-model.js';
import { readPicture } from '../read-picture.js';
import { interruptedExitCode, type Surroundings } from './surroundings.js';

const help = `Type a question, or:
  /image FILE   look at a picture and start over
  /reset        forget the conversation, keep the picture
  /help         this list
  /quit         leave (so does Ctrl-D; Ctrl-C stops an answer, or leaves when there is none)
`;

/** What one line of input works on. */
interface Scene {
  readonly talk: Conversation;
  readonly command: TerminalCommand;
  readonly surroundings: Surroundings;
  readonly interactive: boolean;
  readonly modelName: string;
  /** Set while an answer is being written. */
  answering: AbortController | undefined;
}

/**
 * Chats until the input ends, `/quit` or Ctrl-C. With a pipe as input there are no prompts, each answer is one line on
 * `stdout`, and the first error ends the chat.
 *
 * @returns the exit code
 */
export async function terminalChat(command: TerminalCommand, surroundings: Surroundings): Promise<number> {
  const { stdin, stderr, interrupted } = surroundings;
  const interactive = stdin.isTTY === true && stderr.isTTY === true;
  const image = command.image === undefined ? undefined : await readPicture(command.image, stdin);
  await using model = await openModel(command.model, surroundings);

  const talk = conversation(model);
  if (image) await talk.show(image);
  if (interactive) stderr.write(`${model.name} is ready. /image FILE shows it a picture, /help lists the commands.\n`);
  try {
    const left = await readLines({
      talk,
      command,
      surroundings,
      interactive,
      modelName: model.name,
      answering: undefined,
    });
    return left === 'interrupted' ? interruptedExitCode(interrupted) : 0;
  } finally {
    talk.dispose();
  }
}

async function readLines(scene: Scene): Promise<'interrupted' | 'done'> {
  const { interactive, surroundings } = scene;
  const { stdin, stderr, interrupted } = surroundings;
  const lines = createInterface({
    input: stdin,
    prompt: '> ',
    terminal: interactive,
    ...(interactive && { output: stderr }),
  });
  let leftByInterrupt = false;
  let quit = false;
  const leave = () => {
    leftByInterrupt = true;
    lines.close();
  };
  lines.on('SIGINT', () => (scene.answering ? scene.answering.abort() : leave()));
  interrupted.addEventListener('abort', leave);
  if (interrupted.aborted) leave();

  const prompt = () => interactive && !leftByInterrupt && lines.prompt();
  prompt();
  try {
    for await (const line of lines) {
      quit = (await takeLine(line.trim(), scene)) === 'quit';
      if (quit || leftByInterrupt) break;
      prompt();
    }
  } finally {
    interrupted.removeEventListener('abort', leave);
    lines.close();
    if (interactive && !quit) stderr.write('\n'); // the prompt still stands in its line
  }
  return leftByInterrupt ? 'interrupted' : 'done';
}

async function takeLine(text: string, scene: Scene): Promise<'quit' | 'more'> {
  try {
    if (text === '/quit') return 'quit';
    if (text.startsWith('/')) await obey(text, scene);
    else if (text !== '') await answer(text, scene);
  } catch (error) {
    if (!scene.interactive) throw error;
    scene.surroundings.stderr.write(`${reportError(error).message}\n`);
  }
  return 'more';
}

async function obey(text: string, { talk, surroundings }: Scene): Promise<void> {
  const [, name, argument = ''] = /^(\S+)\s*(.*)$/.exec(text) ?? [];
  if (name === '/help') surroundings.stderr.write(help);
  else if (name === '/reset') await talk.startOver();
  else if (name === '/image' && argument !== '') {
    const path = argument.replace(/^(["'])(.*)\1$/, '$2');
    await talk.show(await readPicture(resolve(surroundings.directory, path), surroundings.stdin));
  } else {
    throw new MiniGPT4Error(
      'UNKNOWN_COMMAND',
      `chat: cannot do that, expected /image FILE, /reset, /help or /quit, got ${text}. A question must not begin with a slash.`,
    );
  }
}

async function answer(question: string, scene: Scene): Promise<void> {
  const { talk, surroundings, interactive } = scene;
  const { stdout, stderr, interrupted } = surroundings;
  scene.answering = new AbortController();
  try {
    const signal = AbortSignal.any([interrupted, scene.answering.signal]);
    const stream = talk.ask(question, { ...scene.command.settings, signal });
    try {
      for await (const piece of stream) {
        stdout.write(interactive ? piece : piece.replaceAll('\n', ' '));
        await nextTurn(); // lets Ctrl-C in, and the text out
      }
    } finally {
      stdout.write('\n');
    }
    stderr.write(`${describeTimings(scene.modelName, await stream.result())}\n`);
  } finally {
    scene.answering = undefined;
  }
}
