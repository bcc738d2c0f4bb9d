import { readFile } from 'node:fs/promises';

/** Resident memory of a process, in bytes; pages of mapped files are counted, on every side alike. */
export interface Memory {
  /** The most there has been at once. */
  readonly peakBytes: number;
  /** What there is now. */
  readonly residentBytes: number;
  /** Of it, pages of mapped files, which the system may drop and read again. */
  readonly fileBytes: number;
}

/**
 * Memory of this process, as the kernel counts it (`/proc/self/status`; `maxRSS` of another system, which has no part for
 * files). Not `maxRSS` on Linux: a process inherits that from the one which started it.
 */
export async function processMemory(pid: number | 'self' = 'self'): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined);
  if (status === undefined) {
    const peakBytes = 1024 * process.resourceUsage().maxRSS;
    return { peakBytes, residentBytes: process.memoryUsage.rss(), fileBytes: 0 };
  }
  const bytes = (key: string) => 1024 * Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
  return { peakBytes: bytes('VmHWM'), residentBytes: bytes('VmRSS'), fileBytes: bytes('RssFile') };
}
