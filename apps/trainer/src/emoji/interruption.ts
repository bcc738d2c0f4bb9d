import { MiniGPT4Error } from '@minigpt4/core';

/**
 * Ends a build that was told to stop, at a place from which another can go on.
 *
 * @throws `INTERRUPTED`
 */
export function stopIfInterrupted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new MiniGPT4Error(
    'INTERRUPTED',
    'data emoji: interrupted, expected to finish. What was fetched and drawn is kept. Run the same command to go on.',
    { cause: signal.reason },
  );
}
