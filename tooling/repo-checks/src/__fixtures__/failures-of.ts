import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { formatFailure, type Failure } from '../failure.js';
import { readRepository, type Repository } from '../repository.js';

/** Files by path; an object stands for its JSON, undefined for no file. */
export type Files = Readonly<Record<string, string | object | undefined>>;

/** What a check says about a repository made of these files, one line a failure. */
export function failuresOf(check: (repository: Repository) => readonly Failure[], files: Files): string[] {
  const root = made(files);
  try {
    return check(readRepository(root)).map(formatFailure);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** {@link failuresOf} for a check that takes its time, and what can be seen in the repository afterwards. */
export async function failuresLater<T>(
  check: (repository: Repository) => Promise<readonly Failure[]>,
  files: Files,
  see?: (root: string) => T,
): Promise<{ failures: string[]; seen: T | undefined }> {
  const root = made(files);
  try {
    const failures = await check(readRepository(root));
    return { failures: failures.map(formatFailure), seen: see?.(root) };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function made(files: Files): string {
  const root = mkdtempSync(join(tmpdir(), 'repo-checks-'));
  for (const [path, content] of Object.entries(files)) {
    if (content === undefined) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return root;
}
