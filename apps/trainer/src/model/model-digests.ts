import { createHash } from 'node:crypto';
import type { ModelDescription } from 'minigpt4';
import { pathDigest } from './file-digest.js';

/** What tells one model's frozen parts from another's: sha256 in hexadecimal. */
export interface ModelDigests {
  /** Of everything a picture's features depend on: vision encoder, Q-Former, their sizes and the preprocessing. */
  readonly encoder: string;
  /** Of the language model's folder, tokenizer included. */
  readonly languageModel: string;
}

/** Raised when the code computes other features from the same files. */
const encoderVersion = 1;

/** Digest of everything a picture's features depend on. Reads both checkpoints once. */
export async function encoderDigest({ config, files }: ModelDescription): Promise<string> {
  const { vision, qformer, image } = config;
  const contents = [
    await pathDigest(files.vision),
    files.qformer === undefined ? null : await pathDigest(files.qformer),
  ];
  const described = JSON.stringify([encoderVersion, contents, vision, qformer ?? null, image]);
  return createHash('sha256').update(described).digest('hex');
}

/** The digests of a model's frozen parts. Reads every checkpoint but the projection once. */
export async function modelDigests(description: ModelDescription): Promise<ModelDigests> {
  return {
    encoder: await encoderDigest(description),
    languageModel: await pathDigest(description.files.llm),
  };
}
