import { Command } from 'commander';
import { type CommandContext, type MakeCommand, typedPath, writeJson } from '../command-line/command-context.js';
import { wholeNumber } from '../command-line/parse-values.js';
import { defaultEmojiFolder, defaultPackageFolder } from '../emoji/default-folders.js';
import type { BuiltEmojiSet } from '../emoji/build-emoji-set.js';
import { progressLines } from '../emoji/progress-lines.js';

interface EmojiFlags {
  readonly output?: string;
  readonly size: number;
  readonly openclipart?: string;
  readonly overwrite?: true;
  readonly json?: true;
  readonly quiet?: true;
}

/** `data`: builds sets to train on. */
export const dataCommand: MakeCommand = context =>
  new Command('data').description('build a set to train on').addCommand(emojiCommand(context));

const emojiCommand: MakeCommand = context =>
  new Command('emoji')
    .description('build the set of emoji, the one that commands use where no --data is given, from npm packages')
    .option('--output <folder>', "where it goes (default: in the user's cache, where the other commands look)")
    .option('--size <pixels>', "side of a picture; 96 is the tiny family's", wholeNumber(16), 96)
    .option('--openclipart <package|folder>', "clip art too, from Debian's openclipart-svg or a folder with its files")
    .option('--overwrite', 'replace a set of other sources or size, or a damaged one')
    .option('--json', 'print one JSON object at the end')
    .option('--quiet', 'no progress')
    .addHelpText(
      'after',
      `
Examples:
  minigpt4-trainer data emoji
  minigpt4-trainer data emoji --output sets/emoji-224 --size 224`,
    )
    .action((flags: EmojiFlags) => buildEmoji(flags, context));

async function buildEmoji(flags: EmojiFlags, context: CommandContext): Promise<void> {
  const { environment, stderr, interrupted } = context;
  const started = performance.now();
  const progress = progressLines(stderr);
  const { buildEmojiSet } = await import('../emoji/build-emoji-set.js'); // sharp is large: not for --help
  const result = await buildEmojiSet({
    output: flags.output === undefined ? defaultEmojiFolder(environment) : typedPath(context, flags.output),
    packageFolder: defaultPackageFolder(environment),
    size: flags.size,
    overwrite: flags.overwrite ?? false,
    signal: interrupted,
    ...(flags.openclipart === undefined ? {} : { clipArt: typedPath(context, flags.openclipart) }),
    ...(flags.quiet ? {} : { onProgress: progress.show }),
  }).finally(progress.clear);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  if (flags.json) return writeJson(context, summary(result, seconds));
  stderr.write(`${describe(result, seconds)}\n`);
}

function summary({ folder, built, downloadedBytes, manifest }: BuiltEmojiSet, seconds: number) {
  const { size, samples, stage2, styles, licenses, clipArt } = manifest;
  return { folder, built, seconds, downloadedBytes, size, samples, stage2, styles, licenses, clipArt };
}

function describe({ folder, built, manifest }: BuiltEmojiSet, seconds: number): string {
  const { samples, stage2, clipArt, size } = manifest;
  const shards = Object.entries(samples).filter(([name]) => name.startsWith('stage1-'));
  const others = Object.entries(samples).filter(([name]) => !name.startsWith('stage1-'));
  const training = shards.reduce((sum, [, count]) => sum + count, 0);
  return [
    built ? `built in ${seconds} s: ${folder}` : `already there, whole: ${folder}`,
    `  ${size} x ${size} pixels; licences and changes are in NOTICE`,
    `  stage 1: ${training} samples in ${shards.length} shards`,
    `  stage 2: ${stage2.things + stage2.flags} descriptions, ${stage2.flags} of them of flags`,
    ...others.map(([name, count]) => `  ${name}: ${count} samples`),
    `  clip art: ${/^[0-9a-f]{64}$/u.test(clipArt) ? 'openclipart is in' : clipArt}`,
  ].join('\n');
}
