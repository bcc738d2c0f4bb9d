import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Runs a test in a temporary folder that holds the given files, by path and text. */
export async function withTree(files: Readonly<Record<string, string>>, test: (root: string) => unknown): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'launch-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    await test(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
