import { MiniGPT4Error } from '@minigpt4/core';
import type { AnswerOptions } from 'minigpt4';
import { describeRange, isInRange, type SettingName } from '../setting-ranges.js';

/** A question and the settings that differ from the server's. */
export interface MessageRequest {
  readonly question: string;
  readonly settings: AnswerOptions;
}

/** Longest question accepted, in characters. */
export const maxQuestionLength = 4000;

const settingNames = [
  'temperature',
  'topP',
  'topK',
  'seed',
  'repetitionPenalty',
  'beams',
  'maxNewTokens',
] as const satisfies readonly (SettingName & keyof AnswerOptions)[];

function badRequest(message: string, cause?: unknown): MiniGPT4Error {
  return new MiniGPT4Error('BAD_REQUEST', `message: ${message}`, { cause });
}

function parseJson(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (cause) {
    throw badRequest('the body is no JSON, expected {"question":"…"}. Check the quotes.', cause);
  }
  throw badRequest('the body is no JSON object, expected {"question":"…"}.');
}

/**
 * The question in a request's body.
 *
 * @throws `BAD_REQUEST` naming the field, what it may be and what it was.
 */
export function parseMessageRequest(body: string): MessageRequest {
  const { question, ...settings } = parseJson(body);
  if (typeof question !== 'string' || question.trim() === '' || question.length > maxQuestionLength) {
    const got = typeof question === 'string' ? `${question.length} characters` : typeof question;
    throw badRequest(`question expected 1 to ${maxQuestionLength} characters of text, got ${got}.`);
  }
  for (const [key, value] of Object.entries(settings)) {
    const name = settingNames.find(known => known === key);
    if (!name) throw badRequest(`no field ${key}, expected question and any of ${settingNames.join(', ')}.`);
    if (!isInRange(name, value)) {
      throw badRequest(`${name} expected ${describeRange(name)}, got ${JSON.stringify(value)}.`);
    }
  }
  return { question: question.trim(), settings };
}
