import type { FeatureStore } from '../features/feature-store.js';
import type { PreparedFeatures } from '../features/prepare-features.js';
import { SampleOrder } from './sample-order.js';
import type { ToTarget } from './text-targets.js';
import { noSamples, type SetState, type TrainingSet } from './training-set.js';

/** What {@link cachedSet} is made of. */
export interface CachedSetOptions {
  /** Names the set in errors. */
  readonly name: string;
  readonly prepared: PreparedFeatures;
  readonly store: FeatureStore;
  readonly toTarget: ToTarget;
  readonly seed: number;
  readonly state?: SetState | undefined;
}

/** A set whose features are in the store; its captions are held in memory as ids. @throws `DATA_EMPTY` */
export function cachedSet({ name, prepared, store, toTarget, seed, state }: CachedSetOptions): TrainingSet {
  if (prepared.samples.length === 0) throw noSamples(name, prepared.skipped);
  const samples = prepared.samples.map(({ key, caption, pixels }) => ({ key, pixels, ...toTarget(caption) }));
  const order = new SampleOrder(samples.length, seed, state);
  return {
    take(count) {
      const chosen = Array.from({ length: count }, () => samples[order.next()]!);
      return Promise.all(chosen.map(async sample => ({ ...sample, features: await store.read(sample.pixels) })));
    },
    state: () => order.state(),
    skipped: () => prepared.skipped,
  };
}
