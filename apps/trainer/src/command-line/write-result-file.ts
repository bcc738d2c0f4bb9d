import { MiniGPT4Error } from '@minigpt4/core';
import writeFileAtomic from 'write-file-atomic';

/** Writes what a command was asked to keep: the whole file or none of it. @throws `OUTPUT_UNWRITABLE` */
export async function writeResultFile(path: string, text: string): Promise<void> {
  await writeFileAtomic(path, text).catch((cause: unknown) => {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new MiniGPT4Error(
      'OUTPUT_UNWRITABLE',
      `${path}: writing failed, expected a folder that exists and has room, got ${got}. Choose another --output.`,
      { cause },
    );
  });
}
