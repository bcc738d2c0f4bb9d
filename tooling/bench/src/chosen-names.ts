import { MiniGPT4Error } from '@minigpt4/core';

/** The names of what a command can run that a list with commas chooses; all without one. @throws `BENCH_UNKNOWN` */
export function chosenNames(
  where: string,
  choices: Readonly<Record<string, unknown>>,
  names: string | undefined,
): string[] {
  const known = Object.keys(choices);
  const chosen = names?.split(',').map(name => name.trim()) ?? known;
  const unknown = chosen.find(name => !known.includes(name));
  if (unknown === undefined) return chosen;
  throw new MiniGPT4Error(
    'BENCH_UNKNOWN',
    `${where}: no such name, expected some of ${known.join(',')}, got "${unknown}". Correct it.`,
  );
}
