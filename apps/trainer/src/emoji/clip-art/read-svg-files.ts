import { spawn } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { readTar } from '../packages/read-tarball.js';

/** Hears of an SVG file and its path below the collection's root. */
export type SvgVisitor = (path: string, svg: Buffer) => void;

/** Where Debian's package puts the collection. */
const collectionRoot = /^.*openclipart\/svg\//u;

/**
 * Shows every SVG file of a Debian package or of a folder it was unpacked into, in the order of their paths.
 *
 * @throws `CLIP_ART_UNREADABLE`
 */
export async function readSvgFiles(path: string, visit: SvgVisitor): Promise<void> {
  try {
    const isFolder = (await stat(path)).isDirectory();
    const files = isFolder ? readFolder(path) : await readPackage(path);
    let count = 0;
    for await (const [name, svg] of files) {
      visit(name, svg);
      count++;
    }
    if (count === 0) throw new Error('nothing of that kind');
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new MiniGPT4Error(
      'CLIP_ART_UNREADABLE',
      `${path}: no clip art, expected the Debian package openclipart-svg or a folder with its SVG files, got ${got}. Where dpkg-deb is missing, unpack the package elsewhere and name the folder.`,
      { cause },
    );
  }
}

type SvgFile = readonly [path: string, svg: Buffer];

async function* readFolder(folder: string): AsyncGenerator<SvgFile> {
  const names = (await readdir(folder, { recursive: true })).filter(name => name.endsWith('.svg'));
  const paths = names.map(name => [relativePath(name.split(sep).join('/')), name] as const);
  for (const [path, name] of paths.toSorted(byPath)) yield [path, await readFile(join(folder, name))];
}

/** Debian's packages are compressed in ways that Node cannot undo: dpkg-deb can. */
async function readPackage(path: string): Promise<SvgFile[]> {
  const unpacking = spawn('dpkg-deb', ['--fsys-tarfile', path], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    unpacking.on('error', reject);
    unpacking.on('close', resolve);
  });
  const found: SvgFile[] = [];
  const wanted = (name: string) => name.endsWith('.svg');
  const reading = readTar(unpacking.stdout, wanted, (name, svg) => found.push([relativePath(name), svg]));
  const [code] = await Promise.all([ended, reading]);
  if (code !== 0) throw new Error(`dpkg-deb ended with ${code}`);
  return found.toSorted(byPath);
}

function byPath([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function relativePath(path: string): string {
  return path.replace(collectionRoot, '');
}
