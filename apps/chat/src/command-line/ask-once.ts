import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AskCommand } from './command.js';
import { decodeImage } from '@minigpt4/vision-encoder';
import type { Answer } from 'minigpt4';
import { describeTimings } from './describe-timings.js';
import { openModel } from './open-model.js';
import { pictureDecoding } from '../picture-decoding.js';
import { readPicture } from '../read-picture.js';
import { interruptedExitCode, type Surroundings } from './surroundings.js';

/**
 * Answers one question: the answer alone on `stdout` as it comes, or one JSON object, and the times on `stderr`.
 * An interrupt keeps what was answered so far.
 *
 * @returns the exit code
 */
export async function askOnce(command: AskCommand, surroundings: Surroundings): Promise<number> {
  const { stdin, stdout, stderr, interrupted } = surroundings;
  const { question, json, settings } = command;
  const bytes = command.image === undefined ? undefined : await readPicture(command.image, stdin);
  const image = bytes && (await decodeImage(bytes, pictureDecoding));

  const start = performance.now();
  await using model = await openModel(command.model, surroundings);
  const loadMs = performance.now() - start;

  const stream = model.stream(image, question, { ...settings, signal: interrupted });
  let written = 0;
  try {
    for await (const piece of stream) {
      if (!json) stdout.write(piece);
      written += piece.length;
      await nextTurn(); // lets an interrupt in, and the text out
    }
  } catch (error) {
    if (!json && written > 0) stdout.write('\n');
    throw error;
  }
  if (!json) stdout.write('\n');
  const answer = await stream.result();
  if (json) stdout.write(`${JSON.stringify(toJson(command, answer, { name: model.name, loadMs, image }))}\n`);
  if (interrupted.reason !== 'EPIPE') stderr.write(`${describeTimings(model.name, answer, loadMs)}\n`);
  return answer.finishReason === 'abort' ? interruptedExitCode(interrupted) : 0;
}

interface Circumstances {
  readonly name: string;
  readonly loadMs: number;
  readonly image: { readonly width: number; readonly height: number } | undefined;
}

function toJson(command: AskCommand, answer: Answer, { name, loadMs, image }: Circumstances) {
  return {
    answer: answer.text,
    question: command.question,
    model: name,
    finishReason: answer.finishReason,
    image: image ? { file: command.image, width: image.width, height: image.height } : null,
    seed: command.settings.seed ?? null,
    usage: answer.usage,
    timings: hundredths({ loadMs, ...answer.timings }),
  };
}

function hundredths(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Math.round(value * 100) / 100]));
}
