import { createHash } from 'node:crypto';

/**
 * A seed for one purpose of a run, such as `derivedSeed(42, 'order', epoch)`: streams for different purposes have nothing
 * to do with each other, however near their seeds are.
 */
export function derivedSeed(seed: number, ...purpose: readonly (string | number)[]): number {
  return createHash('sha256')
    .update(JSON.stringify([seed, ...purpose]))
    .digest()
    .readInt32LE();
}
