import { isMiniGPT4Error } from '@minigpt4/core';
import type { MemoryEstimate } from './memory-estimate.js';

/** How good a finding is. A failure keeps the model from loading or from saying anything sensible. */
export type FindingLevel = 'ok' | 'warning' | 'failure';

/** One thing that was looked at. */
export interface Finding {
  readonly level: FindingLevel;
  /** Literal to branch on: of the check, such as `NODE_VERSION`, or of the error that loading would end with. */
  readonly code: string;
  /** What was found. */
  readonly message: string;
  /** What to do about it; absent where all is well. */
  readonly fix?: string;
}

/** What the files say which language model it is. */
export interface LanguageModelIdentity {
  /** In words, such as `Vicuna v0`. */
  readonly version: string;
  /** Rows of its vocabulary, and pieces of its tokenizer. */
  readonly rows: number;
  readonly pieces: number;
  /** sha256 over names, types, shapes and the first row of every tensor, in hexadecimal: equal for equal models. */
  readonly digest: string;
}

/** Everything `diagnose` found. */
export interface Diagnosis {
  /** The preset, directory or file that was looked at, as given. */
  readonly source: string;
  /** The worst level of all findings. */
  readonly level: FindingLevel;
  /** Of the machine first, then of the model along its pipeline. */
  readonly findings: readonly Finding[];
  /** Absent where the language model cannot be read. */
  readonly languageModel?: LanguageModelIdentity;
  /** Absent where the sizes of the model are not known. */
  readonly memory?: MemoryEstimate;
}

/** A finding that all is well. */
export function fine(code: string, message: string): Finding {
  return { level: 'ok', code, message };
}

/** A finding that something is not as it should be. */
export function trouble(level: 'warning' | 'failure', code: string, message: string, fix: string): Finding {
  return { level, code, message, fix };
}

/** What was thrown, as a failure: the last sentence of a message of ours says what to do. */
export function failureOf(error: unknown): Finding {
  const text = error instanceof Error ? error.message.trim() : String(error);
  if (!isMiniGPT4Error(error)) return trouble('failure', 'INTERNAL', text, 'See the message.');
  const end = /[.\n] ?([A-Z][^.]*(?:\.[^ .][^.]*)*\.)$/.exec(text);
  if (end === null) return trouble('failure', error.code, text, 'See the message.');
  return trouble('failure', error.code, text.slice(0, end.index + 1).trim(), end[1]!);
}

/** The worst of some levels. */
export function worst(findings: readonly Finding[]): FindingLevel {
  const levels: readonly FindingLevel[] = ['failure', 'warning', 'ok'];
  return levels.find(level => findings.some(finding => finding.level === level)) ?? 'ok';
}
