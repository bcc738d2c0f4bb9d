import { describeSkips } from '../data/picture-skips.js';
import type { Examination } from './examine-dataset.js';
import type { LabelPreview } from './label-preview.js';

/** Share of cut texts from which on they are a problem. */
const cutShare = 0.05;

const shown = 3;

/** One sentence for everything that should be looked into before training. */
export function problemsOf(found: Examination): string[] {
  const { samples, skipped, duplicateImages, lookAlikes, emptyLabels, cutLabels, licences, leakage } = found;
  const pictures = duplicateImages.reduce((sum, keys) => sum + keys.length - 1, 0);
  const unknown = licences.unknown ?? 0;
  const shared = leakage && [...leakage.sameImage, ...leakage.lookAlikes].length + leakage.sameKey.length;
  const problems: (string | false | undefined)[] = [
    samples === 0 && 'there is no sample to train on',
    describeSkips(skipped),
    pictures > 0 &&
      `${many(pictures, 'picture')} of the same bytes as another, such as ${duplicateImages[0]!.join(', ')}`,
    lookAlikes.length > pictures &&
      `${many(lookAlikes.length, 'picture')} that look like an earlier one, such as ${pairs(lookAlikes)}`,
    emptyLabels.length > 0 &&
      `${many(emptyLabels.length, 'sample')} with no text to learn, such as ${some(emptyLabels)}`,
    cutLabels.length > cutShare * samples &&
      `${many(cutLabels.length, 'text')} longer than ${found.maxTextLength} tokens, cut without an end symbol, such as ${some(cutLabels)}`,
    unknown > 0 && `${many(unknown, 'sample')} without a licence`,
    shared !== undefined &&
      shared > 0 &&
      `the test data shares ${many(leakage!.sameImage.length, 'picture')}, ${many(leakage!.lookAlikes.length, 'look')} and ${many(leakage!.sameKey.length, 'key')} with it, such as ${leakExample(leakage!)}`,
  ];
  return problems.filter(problem => typeof problem === 'string');
}

/** A report for people. */
export function examinationText(found: Examination): string {
  const { samples, licences, words, tokens, previews, leakage } = found;
  const problems = problemsOf(found);
  const lines = [
    `${samples} samples`,
    `licences: ${Object.entries(licences)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')}`,
    `words: ${lengths(words)}`,
    ...(tokens
      ? [`tokens to learn: ${lengths(tokens)}; training takes ${found.maxTextLength}`, ...bars(tokens.counts)]
      : []),
    ...(leakage ? [`compared with ${leakage.tested} test samples`] : []),
    'what training learns, in [ ]:',
    ...previews.map(preview => `  ${previewText(preview)}`),
    problems.length === 0 ? 'no problems' : `${many(problems.length, 'problem')}:`,
    ...problems.map(problem => `  ${problem}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** One line: learned parts stand in brackets, and line feeds are written out. */
export function previewText({ key, parts }: LabelPreview): string {
  const written = parts.map(({ text, tokens, learned }) => {
    const plain = text === '<image>' ? `<image: ${tokens} vectors>` : text.replaceAll('\n', '\\n');
    return learned ? `[${plain}]` : plain;
  });
  return `${key}: ${written.join('')}`;
}

function lengths({ mean, median, percentile95, max }: Examination['words']): string {
  return `mean ${mean.toFixed(1)}, median ${median}, 95 % up to ${percentile95}, longest ${max}`;
}

const widest = 40;

/** At most ten bars of equal spans of lengths. */
function bars(counts: readonly (readonly [number, number])[]): string[] {
  const longest = counts.at(-1)?.[0] ?? 0;
  const span = Math.max(1, Math.ceil(longest / 10));
  const sums = Array.from({ length: Math.ceil(longest / span) }, () => 0);
  for (const [length, texts] of counts) sums[Math.max(0, Math.ceil(length / span) - 1)]! += texts;
  const most = Math.max(...sums);
  return sums.map((sum, bar) => {
    const name = `${bar * span + 1}-${(bar + 1) * span}`.padStart(9);
    return `${name} ${'#'.repeat(Math.ceil((sum / most) * widest))} ${sum}`;
  });
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function some(keys: readonly string[]): string {
  return keys.slice(0, shown).join(', ');
}

function pairs(twins: Examination['lookAlikes']): string {
  return twins
    .slice(0, shown)
    .map(({ key, other }) => `${key} (${other})`)
    .join(', ');
}

function leakExample({ sameImage, lookAlikes, sameKey }: NonNullable<Examination['leakage']>): string {
  const [image] = sameImage;
  if (image !== undefined) return `${image.test} (${image.train})`;
  return lookAlikes.length > 0 ? pairs(lookAlikes) : some(sameKey);
}
