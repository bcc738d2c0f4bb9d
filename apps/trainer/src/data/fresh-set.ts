import { random } from '@minigpt4/core';
import {
  type ImageTextDataset,
  type ImageTextSample,
  shuffle,
  type Shuffled,
  type ShuffleState,
} from '@minigpt4/data-curation';
import { randomResizedCrop, type RgbImage } from '@minigpt4/vision-encoder';
import { derivedSeed } from '../config/derived-seed.js';
import type { FeatureEncoder } from '../features/feature-encoder.js';
import { PictureSkips } from './picture-skips.js';
import { SampleOrder } from './sample-order.js';
import type { ToTarget } from './text-targets.js';
import { noSamples, type SetState, type TrainingSet } from './training-set.js';

/** What {@link freshSet} is made of. */
export interface FreshSetOptions {
  /** Names the set in errors. */
  readonly name: string;
  readonly dataset: ImageTextDataset;
  readonly encoder: FeatureEncoder;
  /** Side of the pictures a random part is cut out for, in pixels; absent to take pictures whole. */
  readonly cropSize?: number | undefined;
  readonly toTarget: ToTarget;
  readonly seed: number;
  readonly state?: SetState | undefined;
}

interface Draw {
  /** Undefined where it is broken. */
  readonly sample: ImageTextSample | undefined;
  /** Tells this draw from all others of the run. */
  readonly name: string;
}

interface Source {
  readonly draw: () => Promise<Draw>;
  readonly state: () => SetState;
  /** Draws that a pass has at least, beyond which there is no hope for a usable sample. */
  readonly passLength: () => number;
}

/**
 * A set whose pictures are read, cut and encoded when they are drawn: by position where the set has positions, else as a
 * stream through a shuffle buffer. Broken samples are left out and counted.
 */
export function freshSet(options: FreshSetOptions): TrainingSet {
  const { name, dataset, encoder, cropSize, toTarget, seed } = options;
  const skips = new PictureSkips();
  const source = dataset.length === undefined ? streamed(options) : indexed(options);

  const crop = (image: RgbImage, draw: string) =>
    cropSize === undefined ? image : randomResizedCrop(image, cropSize, random(derivedSeed(seed, 'crop', draw)));

  return {
    async take(count) {
      const taken: { sample: ImageTextSample; image: RgbImage }[] = [];
      for (let broken = 0; taken.length < count; ) {
        const draw = await source.draw();
        const { sample } = draw;
        const image = sample && (await skips.decode(sample.image, sample.source));
        if (sample && image) {
          taken.push({ sample, image: crop(image, draw.name) });
          broken = 0;
        } else if (broken++ > source.passLength()) throw noSamples(name, skips.counts(dataset.skipped));
      }
      const features = await encoder.encode(taken.map(({ image }) => image));
      return taken.map(({ sample: { key, caption } }, i) => ({ key, ...toTarget(caption), features: features[i]! }));
    },
    state: source.state,
    skipped: () => skips.counts(dataset.skipped),
  };
}

function indexed({ name: where, dataset, seed, state }: FreshSetOptions): Source {
  const length = dataset.length ?? 0;
  if (length === 0) throw noSamples(where, new PictureSkips().counts(dataset.skipped));
  const order = new SampleOrder(length, seed, state);
  return {
    async draw() {
      const name = drawName(order.state());
      return { sample: await dataset.at!(order.next()), name };
    },
    state: () => order.state(),
    passLength: () => length,
  };
}

function streamed({ name, dataset, seed, state }: FreshSetOptions): Source {
  let epoch = state?.epoch ?? 0;
  let position = state?.position ?? 0;
  let pass = startPass(state?.shuffle ? { state: state.shuffle } : {});

  function startPass(from: { readonly state?: ShuffleState }): {
    samples: Shuffled<ImageTextSample>;
    iterator: AsyncIterator<ImageTextSample>;
  } {
    const samples = shuffle(dataset.samples(), { seed: derivedSeed(seed, 'shuffle', epoch), ...from });
    return { samples, iterator: samples[Symbol.asyncIterator]() };
  }

  return {
    async draw() {
      for (let tries = 0; tries < 2; tries++) {
        const next = await pass.iterator.next();
        if (!next.done) return { sample: next.value, name: drawName({ epoch, position: position++ }) };
        epoch++;
        position = 0;
        pass = startPass({});
      }
      throw noSamples(name, new PictureSkips().counts(dataset.skipped));
    },
    state: () => ({ epoch, position, shuffle: pass.samples.state() }),
    passLength: () => position + 1,
  };
}

function drawName({ epoch, position }: SetState): string {
  return `${epoch}/${position}`;
}
