import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where features of an encoder are kept unless a folder is given: in the user's cache (`XDG_CACHE_HOME`). */
export function defaultFeatureFolder(encoderDigest: string, environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_CACHE_HOME: cache } = environment;
  const root = cache !== undefined && cache !== '' ? cache : join(homedir(), '.cache');
  return join(root, 'minigpt4', 'features', encoderDigest.slice(0, 16));
}
