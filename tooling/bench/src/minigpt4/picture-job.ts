import type { ConversionFigures } from '../llm/language-job.js';
import type { Memory } from '../memory.js';

/** One load of a whole model in a process of its own, with or without an answer about a picture. */
export interface PictureJob {
  readonly kind: 'convert' | 'answer';
  readonly directory: string;
  /** Name of the way that the weights are kept. */
  readonly variant: string;
  readonly threads: number;
  readonly newTokens: number;
}

/** What an answer about a picture takes. */
export interface PictureFigures extends Memory {
  readonly loadSeconds: number;
  /** Pixels to embeddings, in milliseconds. */
  readonly imageMs: number;
  readonly prefillMs: number;
  /** Positions of the prompt, picture and all. */
  readonly promptTokens: number;
  /** Tokens generated in a second. */
  readonly decode: number;
}

/** Runs one job in this process and prints its figures: what `bench minigpt4` starts for each. */
export async function pictureJobCommand(text: string): Promise<void> {
  const { measurePicture } = await import('./measure-picture.js');
  const figures: PictureFigures | ConversionFigures = await measurePicture(JSON.parse(text) as PictureJob);
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}
