import { setTimeout as delay } from 'node:timers/promises';
import { startEngine } from '@minigpt4/engine';
import { loadMiniGPT4 } from 'minigpt4';
import type { ChatModel } from 'minigpt4/chat';
import { stripes } from '../picture.js';
import { type Phase, timed } from './timer-gaps.js';

/** One way to run a model, measured in a process of its own. */
export interface EngineJob {
  /** In a process of the model's own, or in the one that is measured. */
  readonly where: 'engine' | 'in process';
  /** What `loadMiniGPT4` takes. */
  readonly model: string;
  readonly threads: number;
  /** Words of the question. */
  readonly words: number;
  /** Tokens of the answer. */
  readonly tokens: number;
}

/** Loads the model, shows it a picture where it has eyes and asks it something long, all under a timer; prints the phases. */
export async function engineJobCommand(text: string): Promise<void> {
  process.stdout.write(`${JSON.stringify(await measurePhases(JSON.parse(text) as EngineJob))}\n`);
}

async function measurePhases({ where, model: source, threads, words, tokens }: EngineJob): Promise<Phase[]> {
  const idle = await timed('idle', () => delay(500));
  const open = (): Promise<ChatModel> =>
    where === 'engine' ? startEngine({ model: source, load: { threads } }) : loadMiniGPT4(source, { threads });
  const loaded = await timed('load', open);
  await using model = loaded.result;
  const phases = [idle.phase, loaded.phase];
  const chat = model.chat();
  if (model.config.vision !== undefined) phases.push((await timed('picture', () => chat.addImage(stripes))).phase);
  const options = { maxNewTokens: tokens, minNewTokens: tokens, temperature: 0 };
  const pieces = chat.ask('What is that there? '.repeat(Math.ceil(words / 4)), options)[Symbol.asyncIterator]();
  phases.push((await timed('prefill', () => pieces.next())).phase);
  const rest = async () => {
    while ((await pieces.next()).done !== true);
  };
  phases.push((await timed('decode', rest)).phase);
  return phases;
}
