import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of the page and its media type. */
export interface PageFile {
  readonly type: string;
  readonly body: string;
}

/** The files of the page by the path they are served at. */
export type Page = ReadonlyMap<string, PageFile>;

const files = [
  { path: '/', name: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/chat.css', name: 'chat.css', type: 'text/css; charset=utf-8' },
  { path: '/chat.js', name: 'chat.js', type: 'text/javascript; charset=utf-8' },
];

/** Reads the page's files into memory, so that nothing else in the folder can ever be served. */
export async function readPage(folder: string): Promise<Page> {
  const entries = files.map(async ({ path, name, type }) => {
    return [path, { type, body: await readFile(join(folder, name), 'utf8') }] as const;
  });
  return new Map(await Promise.all(entries));
}
