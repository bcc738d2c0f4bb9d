import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const sharedFolder = new URL('../../../../shared/', import.meta.url);

/**
 * The path of a file or folder of the reference material beside the repository, or undefined where it is absent,
 * so that `describe.skipIf(!path)` shows the skipped tests.
 */
export function sharedPath(relative: string): string | undefined {
  const path = fileURLToPath(new URL(relative, sharedFolder));
  return existsSync(path) ? path : undefined;
}
