import { readFileSync } from 'node:fs';
import { expectClose, sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { linearWarmupCosine } from './schedule.js';

const settings = { initLr: 1e-4, minLr: 8e-5, warmupLr: 1e-6, warmupSteps: 4, maxEpoch: 2, itersPerEpoch: 10 };

describe('linearWarmupCosine', () => {
  it('ramps up, drops where the cosine takes over, and ends just above the minimum', () => {
    const rate = linearWarmupCosine(settings);
    expect(rate(0)).toBe(1e-6);
    expectClose([rate(3)], [1e-6 + (99e-6 * 3) / 4], { absolute: 0, relative: 1e-12 });
    expectClose([rate(4)], [8e-5 + 1e-5 * (1 + Math.cos(Math.PI / 5))], { absolute: 0, relative: 1e-12 });
    expectClose([rate(20)], [8e-5], { absolute: 0, relative: 1e-12 });
  });

  it('starts the ramp again in the second epoch when it is longer than the first', () => {
    const rate = linearWarmupCosine({ ...settings, warmupSteps: 15 });
    expect(rate(12)).toBe(rate(2));
    expect(rate(15)).toBeGreaterThan(rate(14));
  });

  it('starts at the top without a warm-up rate', () => {
    for (const warmupLr of [undefined, -1]) {
      const { warmupLr: _, ...rest } = settings;
      expect(linearWarmupCosine({ ...rest, ...(warmupLr === undefined ? {} : { warmupLr }) })(0)).toBe(1e-4);
    }
  });

  it.each(['maxEpoch', 'itersPerEpoch'])('refuses a %s of 0', name => {
    expect(() => linearWarmupCosine({ ...settings, [name]: 0 })).toThrow(
      expect.objectContaining({ code: 'SCHEDULE_INVALID', message: expect.stringContaining(name) }),
    );
  });
});

interface Golden {
  readonly settings: Record<
    'max_epoch' | 'iters_per_epoch' | 'min_lr' | 'init_lr' | 'warmup_steps' | 'warmup_start_lr',
    number
  >;
  readonly step_lr: [step: number, rate: number][];
}

function fromGolden(golden: Golden['settings']): (step: number) => number {
  return linearWarmupCosine({
    initLr: golden.init_lr,
    minLr: golden.min_lr,
    warmupLr: golden.warmup_start_lr,
    warmupSteps: golden.warmup_steps,
    maxEpoch: golden.max_epoch,
    itersPerEpoch: golden.iters_per_epoch,
  });
}

const nano = sharedPath('goldens/nano');
const schedules: [string, Golden][] = nano
  ? Object.entries(JSON.parse(readFileSync(`${nano}/schedules.json`, 'utf8')) as Record<string, Golden>)
  : [];
describe.skipIf(!nano)('the original', () => {
  it.each(schedules)('steps %s the same', (_, golden) => {
    const rate = fromGolden(golden.settings);
    const actual = golden.step_lr.map(([step]) => rate(step));
    expect(actual.length).toBeGreaterThan(50);
    expectClose(
      actual,
      golden.step_lr.map(([, lr]) => lr),
      { absolute: 0, relative: 1e-9 },
    );
  });

  it('trains at the same rates', () => {
    const trajectory = JSON.parse(readFileSync(`${nano}/trajectory.json`, 'utf8')) as {
      readonly schedule: Golden['settings'];
      readonly steps: { readonly lr: number }[];
    };
    const rate = fromGolden(trajectory.schedule);
    const expected = trajectory.steps.map(({ lr }) => lr);
    expect(expected.length).toBe(20);
    expectClose(
      expected.map((_, step) => rate(step)),
      expected,
      { absolute: 0, relative: 1e-9 },
    );
  });
});
