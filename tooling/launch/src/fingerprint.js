import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * All files under a folder, relative to it, in a fixed order; none when the folder is absent.
 *
 * @param {string} folder
 * @param {(name: string) => boolean} [skip] tells by its bare name which file or folder to leave out
 * @returns {string[]}
 */
export function listFiles(folder, skip = () => false) {
  const files = [];
  for (const entry of entriesOf(folder)) {
    if (skip(entry.name)) continue;
    if (entry.isDirectory()) {
      files.push(...listFiles(join(folder, entry.name), skip).map(file => `${entry.name}/${file}`));
    } else files.push(entry.name);
  }
  return files;
}

/** @param {string} folder */
function entriesOf(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

/**
 * A digest of files by path and content; an absent file counts as such.
 *
 * @param {string} root
 * @param {readonly string[]} files relative to root
 */
export function fingerprintOfContent(root, files) {
  return digest(files, file =>
    createHash('sha256')
      .update(readFileSync(join(root, file)))
      .digest('hex'),
  );
}

/**
 * A digest of files by path, size and time of the last change: fast, and wrong only when somebody sets the clock back.
 *
 * @param {string} root
 * @param {readonly string[]} files relative to root
 */
export function fingerprintOfStat(root, files) {
  return digest(files, file => {
    const { size, mtimeMs } = statSync(join(root, file));
    return `${size} ${mtimeMs}`;
  });
}

/**
 * A digest of files by path and size alone, for outputs that a cache restores with new times.
 *
 * @param {string} root
 * @param {readonly string[]} files relative to root
 */
export function fingerprintOfSize(root, files) {
  return digest(files, file => `${statSync(join(root, file)).size}`);
}

/**
 * @param {readonly string[]} files
 * @param {(file: string) => string} describe
 */
function digest(files, describe) {
  const hash = createHash('sha256');
  for (const file of files) {
    let state = 'absent';
    try {
      state = describe(file);
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    }
    hash.update(`${file}\0${state}\n`);
  }
  return hash.digest('hex');
}
