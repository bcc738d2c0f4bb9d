import { MiniGPT4Error } from '@minigpt4/core';
import type { ModelDescription } from 'minigpt4';

/** Path of a model's projection. @throws `MODEL_FILES_MISSING` where nobody has trained one yet */
export function projectionPath({ name, files }: ModelDescription): string {
  if (files.projection !== undefined) return files.projection;
  throw new MiniGPT4Error(
    'MODEL_FILES_MISSING',
    `${name}: no projection to evaluate, expected one in config.json or named by --projection, got neither. Train one first.`,
  );
}
