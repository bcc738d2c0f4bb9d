import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMiniGPT4Error } from '@minigpt4/core';
import { decodeImage, preprocess, resizeLikePil } from '@minigpt4/vision-encoder';
import sharp from 'sharp';
import type { Report } from './report.js';

interface PreprocessCases {
  readonly size: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  readonly cases: readonly { readonly file: string; readonly expected: string }[];
  readonly hostile: readonly { readonly file: string; readonly why: string }[];
}

/** Share of values that may be off, by one level at most. */
const mostUnequal = 0.001;

/** Every picture of a `preprocess` directory against Pillow's result, and every hostile file against its refusal. */
export async function preprocessGolden(directory: string, report: Report): Promise<void> {
  const cases = JSON.parse(await readFile(join(directory, 'cases.json'), 'utf8')) as PreprocessCases;
  for (const { file, expected } of cases.cases) {
    const image = await decodeImage(await readFile(join(directory, 'images', file)));
    const resized = resizeLikePil(image, cases.size, cases.size);
    const want = await sharp(join(directory, expected)).removeAlpha().raw().toBuffer();
    comparePixels(file, resized.data, want, report);
    report.close(`${file} normalised`, preprocess(image, cases), normalise(resized.data, cases), 1e-6);
  }
  for (const { file, why } of cases.hostile) await refuse(join(directory, 'hostile', file), `${file} (${why})`, report);
}

function comparePixels(name: string, actual: Uint8Array, expected: Uint8Array, report: Report): void {
  let unequal = 0;
  let largest = actual.length === expected.length ? 0 : 255;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (difference > 0) unequal++;
    largest = Math.max(largest, difference);
  }
  const ok = largest <= 1 && unequal <= expected.length * mostUnequal;
  report.add(
    name,
    ok,
    `${unequal} of ${expected.length} values differ, by ${largest} at most (allowed: ${mostUnequal * 100} %, by 1)`,
  );
}

/** (x / 255 − mean) / std, channels first. */
function normalise(rgb: Uint8Array, { mean, std }: PreprocessCases): Float32Array {
  const pixels = rgb.length / 3;
  return Float32Array.from({ length: rgb.length }, (_, i) => {
    const channel = Math.floor(i / pixels);
    return (rgb[(i % pixels) * 3 + channel]! / 255 - mean[channel]!) / std[channel]!;
  });
}

async function refuse(path: string, name: string, report: Report): Promise<void> {
  const started = performance.now();
  const error = await readFile(path)
    .then(decodeImage)
    .then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  const seconds = (performance.now() - started) / 1000;
  if (!isMiniGPT4Error(error))
    report.add(
      name,
      false,
      error === undefined ? 'was accepted' : `no coded error: ${error instanceof Error ? error.message : typeof error}`,
    );
  else report.add(name, seconds < 2, `${error.code} in ${seconds.toFixed(2)} s`);
}
