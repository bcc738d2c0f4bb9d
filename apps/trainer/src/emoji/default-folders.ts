import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

function userCache({ XDG_CACHE_HOME: cache }: Environment): string {
  return join(cache !== undefined && cache !== '' ? cache : join(homedir(), '.cache'), 'minigpt4');
}

/** Where `data emoji` puts its set, and where the other commands look for it, unless a folder is given: in the user's cache (`XDG_CACHE_HOME`). */
export function defaultEmojiFolder(environment: Environment = process.env): string {
  return join(userCache(environment), 'emoji');
}

/** Where the tarballs of the sources are kept between builds: in the user's cache (`XDG_CACHE_HOME`). */
export function defaultPackageFolder(environment: Environment = process.env): string {
  return join(userCache(environment), 'packages');
}
