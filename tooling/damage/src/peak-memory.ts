import { readFileSync } from 'node:fs';

/**
 * The most memory that this process has held so far, in bytes. On Linux from the system's own record, because what Node
 * reports there begins with what the parent process held.
 */
export function peakMemory(): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(processStatus())?.[1];
  return 1024 * (kibibytes === undefined ? process.resourceUsage().maxRSS : Number(kibibytes));
}

function processStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
