import type { Answer } from 'minigpt4';

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;

/** One line for people: how long loading, the first token and the answer took. */
export function describeTimings(name: string, { usage, timings, finishReason }: Answer, loadMs?: number): string {
  const parts = [
    loadMs === undefined ? undefined : `loaded in ${seconds(loadMs)}`,
    `first token after ${seconds(timings.firstTokenMs)}`,
    `${usage.completionTokens} tokens at ${Math.round(timings.tokensPerSecond)}/s`,
    { stop: undefined, length: 'cut at the token limit', abort: 'interrupted' }[finishReason],
  ];
  return `${name}: ${parts.filter(part => part !== undefined).join(', ')}`;
}
