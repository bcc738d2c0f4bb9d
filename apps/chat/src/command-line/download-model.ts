import { MiniGPT4Error } from '@minigpt4/core';
import type { DownloadProgress, HubOptions } from '@minigpt4/hub';
import type { Surroundings } from './surroundings.js';

/** What of a repository a model is loaded from: not the same weights in other formats, nor pictures of its page. */
const modelFiles = /\.(json|jinja|model|safetensors)$/;

/** Milliseconds between two lines about a download. */
const lineEveryMs = 2000;

/** Whether a model is named by its place on Hugging Face. */
export function isOnHub(source: string): boolean {
  return source.startsWith('hf:');
}

/**
 * The path of a model in the cache of Hugging Face, downloaded where it is not there yet: of a file for
 * `hf:OWNER/NAME/FILE.gguf`, else of a directory. `@REVISION` behind the name chooses a branch, tag or commit.
 *
 * @throws `INVALID_FLAG` for another form, and the errors of `downloadFile` of `@minigpt4/hub`
 */
export async function downloadModel(source: string, { stderr, interrupted }: Surroundings): Promise<string> {
  const parts = /^hf:([^/@]+\/[^/@]+)(?:@([^/]+))?(?:\/(.+))?$/.exec(source);
  if (parts === null) {
    throw new MiniGPT4Error(
      'INVALID_FLAG',
      `command line: bad --model, expected hf:OWNER/NAME[@REVISION][/FILE], got ${source}. See --help.`,
    );
  }
  const [, repository, revision, file] = parts;
  const options: HubOptions = {
    ...(revision !== undefined && { revision }),
    signal: interrupted,
    onProgress: everyNowAndThen(({ path, received, total }) => {
      stderr.write(`downloading ${path}: ${Math.floor((100 * received) / total)} % of ${megabytes(total)} MB\n`);
    }),
  };
  const { downloadFile, downloadSnapshot } = await import('@minigpt4/hub');
  if (file !== undefined) return downloadFile(repository!, file, options);
  return downloadSnapshot(repository!, { ...options, wanted: path => modelFiles.test(path) });
}

function everyNowAndThen(tell: (progress: DownloadProgress) => void): (progress: DownloadProgress) => void {
  let last = performance.now();
  return progress => {
    if (performance.now() - last < lineEveryMs) return;
    last = performance.now();
    tell(progress);
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
