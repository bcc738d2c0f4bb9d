import { loadMiniGPT4 } from 'minigpt4';
import type { ConversionFigures } from '../llm/language-job.js';
import { processMemory } from '../memory.js';
import { stripes } from '../picture.js';
import type { PictureFigures, PictureJob } from './picture-job.js';
import { pictureVariants } from './picture-variants.js';

/** Loads a model directory and answers one question about a picture, the likeliest token each time and no end before the last. */
export async function measurePicture(job: PictureJob): Promise<PictureFigures | ConversionFigures> {
  const { kind, directory, variant, threads, newTokens } = job;
  const started = performance.now();
  await using model = await loadMiniGPT4(directory, { ...pictureVariants[variant], threads });
  const loadSeconds = (performance.now() - started) / 1000;
  if (kind === 'convert') return { seconds: loadSeconds, peakBytes: (await processMemory()).peakBytes };
  const options = { maxNewTokens: newTokens, minNewTokens: newTokens, temperature: 0 };
  const { usage, timings } = await model.answer(stripes, 'What is this?', options);
  const { imageMs, prefillMs, tokensPerSecond } = timings;
  const { promptTokens } = usage;
  return { loadSeconds, imageMs, prefillMs, promptTokens, decode: tokensPerSecond, ...(await processMemory()) };
}
