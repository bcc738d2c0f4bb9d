import { InvalidArgumentError } from 'commander';

/** Reads a whole number of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return text => {
    const value = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`Expected a whole number of at least ${least}.`);
  };
}

/** Reads a number above zero, such as `3e-4`. */
export function positiveNumber(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('Expected a number above zero.');
}

/** Collects `name=value` pairs; values that are JSON are read as such, others are texts. */
export function collectSettings(text: string, before: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Expected NAME=VALUE, such as optimizer.beta2=0.98.');
  return { ...before, [text.slice(0, at)]: parsedOrText(text.slice(at + 1)) };
}

function parsedOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A share of a mixture: `115=shards-{00..10}.tar`. */
export interface MixtureShare {
  readonly ratio: number;
  readonly path: string;
}

/** Collects the shares of a mixture. */
export function collectShares(text: string, before: readonly MixtureShare[] = []): MixtureShare[] {
  const match = /^(?<ratio>[\d.]+)=(?<path>.+)$/u.exec(text);
  const ratio = Number(match?.groups?.ratio);
  if (!match?.groups?.path || !(ratio > 0))
    throw new InvalidArgumentError('Expected RATIO=PATH, such as 115=laion.tar.');
  return [...before, { ratio, path: match.groups.path }];
}

/** Reads `1/4`: the first of four parts. */
export function partOf(text: string): { index: number; of: number } {
  const [, number, of] = (/^(\d+)\/(\d+)$/u.exec(text) ?? []).map(Number);
  if (number && of && number <= of) return { index: number - 1, of };
  throw new InvalidArgumentError('Expected a part such as 1/4.');
}
