import { resolve } from 'node:path';
import { isMiniGPT4Error } from '@minigpt4/core';
import type { MergeProgress, MergeReport } from '@minigpt4/llm-vicuna/merge';
import { InvalidArgumentError, Option } from 'commander';
import { interruptedExitCode, type Surroundings } from '../command-line/surroundings.js';
import { readFlags, toolCommand } from './tool.js';

interface Flags {
  readonly base: string;
  readonly delta: string;
  readonly output: string;
  readonly shardSize: number;
  readonly json?: true;
}

const examples = `
Examples:
  minigpt4-chat merge-delta --base llama-7b-hf --delta vicuna-7b-delta-v0 --output vicuna-7b
  minigpt4-chat merge-delta --base llama-13b-hf --delta vicuna-13b-delta-v0 --output vicuna-13b --shard-size 2`;

const defaultGigabytes = 5;

/**
 * Makes Vicuna v0 of LLaMA and its delta: progress on `stderr`, and on `stdout` what was made or, with `--json`, one
 * object. After an interrupt the same command goes on with the file it was at.
 *
 * @returns the exit code
 */
export async function mergeDeltaTool(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const command = toolCommand('merge-delta', surroundings)
    .description('Make Vicuna v0 of LLaMA and the published differences.')
    .requiredOption('--base <directory>', 'LLaMA-7B or -13B in the format of Hugging Face')
    .requiredOption('--delta <directory>', 'the matching delta of Vicuna v0')
    .requiredOption('--output <directory>', 'directory to be made')
    .addOption(new Option('--shard-size <gigabytes>', 'largest file').argParser(gigabytes).default(defaultGigabytes))
    .option('--json', 'print one JSON object')
    .addHelpText('after', examples);
  const flags = readFlags<Flags>(command, args);
  if (flags === undefined) return 0;
  const { directory, stdout, stderr, interrupted } = surroundings;
  const { mergeDelta } = await import('@minigpt4/llm-vicuna/merge');
  const path = (name: 'base' | 'delta' | 'output') => resolve(directory, flags[name]);
  const progress = progressLines(stderr);
  try {
    const report = await mergeDelta({
      base: path('base'),
      delta: path('delta'),
      output: path('output'),
      shardBytes: flags.shardSize * 1e9,
      signal: interrupted,
      onProgress: progress.show,
    });
    progress.clear();
    stdout.write(flags.json ? `${JSON.stringify(report)}\n` : describe(report));
    return 0;
  } catch (error) {
    progress.clear();
    if (!isMiniGPT4Error(error, 'MERGE_INTERRUPTED')) throw error;
    const { code, message } = error;
    if (flags.json) stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
    else stderr.write(`minigpt4-chat: ${message} (${code})\n`);
    return interruptedExitCode(interrupted);
  }
}

function gigabytes(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : 0;
  if (value > 0) return value;
  throw new InvalidArgumentError('Expected a number above 0.');
}

/** Milliseconds between two lines where nobody watches. */
const quietPeriod = 10_000;

/** One line that changes for a person who watches, else a line from time to time. */
function progressLines(stderr: Surroundings['stderr']) {
  const watched = stderr.isTTY === true;
  let last = -quietPeriod;
  return {
    show({ step, bytes, totalBytes }: MergeProgress): void {
      const share = totalBytes === 0 ? '' : `${Math.floor((100 * bytes) / totalBytes)}% `;
      const now = performance.now();
      if (watched) stderr.write(`\r\u001B[K${share}${step}`);
      else if (now - last >= quietPeriod) {
        stderr.write(`${share}${step}\n`);
        last = now;
      }
    },
    clear(): void {
      if (watched) stderr.write('\r\u001B[K');
    },
  };
}

function describe({ output, shards, resumedShards, parameters, bytes, notes }: MergeReport): string {
  const files = `${shards.length} ${shards.length === 1 ? 'file' : 'files'}`;
  const resumed = resumedShards === 0 ? '' : `, ${resumedShards} of them left from before`;
  const size = `${parameters.toLocaleString('en')} parameters, ${(bytes / 1e9).toFixed(1)} GB`;
  return [output, `${files}${resumed}, ${size}`, ...notes, ''].join('\n');
}
