import { resolve } from 'node:path';
import type { ModelFiles } from '../model/model-description.js';

/** The same files as absolute paths; relative ones start from `directory`. */
export function resolved(files: Partial<ModelFiles>, directory: string): Partial<ModelFiles> {
  const entries = Object.entries(files).filter(([, path]) => path !== undefined);
  return Object.fromEntries(entries.map(([part, path]) => [part, resolve(directory, path)]));
}
