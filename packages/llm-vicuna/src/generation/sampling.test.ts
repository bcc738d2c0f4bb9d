import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@minigpt4/core';
import { expectClose, sharedPath } from '@minigpt4/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashModel } from '../../test/hash-model.js';
import { readSafetensors } from '../../test/read-safetensors.js';
import { type GenerationOptions, resolveOptions } from './generation-options.js';
import {
  drawOne,
  drawSeveral,
  frequencyPenalty,
  logitBias,
  type LogitsProcessor,
  logitsProcessors,
  minNewTokens,
  minP,
  mostLikely,
  presencePenalty,
  repetitionPenalty,
  temperature,
  topK,
  topP,
} from './sampling.js';
import { softmax } from './scores.js';

const no = Number.NEGATIVE_INFINITY;

function processed(process: LogitsProcessor, scores: readonly number[], generated: readonly number[] = []): number[] {
  const copy = Float32Array.from(scores);
  process(copy, generated);
  return [...copy];
}

describe('logits processors', () => {
  it('penalise what was generated, once however often, in the direction of less', () => {
    expect(processed(repetitionPenalty(2), [4, -4, 0, 6], [0, 1, 0, 0, 2])).toEqual([2, -8, 0, 6]);
  });

  it('take away for presence once, and for frequency each time', () => {
    expect(processed(presencePenalty(1.5), [4, -4, 0, no], [0, 1, 0, 3])).toEqual([2.5, -5.5, 0, no]);
    expect(processed(frequencyPenalty(1.5), [4, -4, 0, no], [0, 1, 0, 3])).toEqual([1, -5.5, 0, no]);
    expect(processed(presencePenalty(-1), [4, 4], [1])).toEqual([4, 5]);
  });

  it('add a bias to single ids, minus infinity to rule one out', () => {
    expect(processed(logitBias({ 0: -2.5, 2: 3, 1: no }), [1, 9, 0, 4])).toEqual([-1.5, no, 3, 4]);
  });

  it('mask the ends until there are enough ids', () => {
    expect(processed(minNewTokens(2, [1, 2]), [1, 2, 3], [0])).toEqual([1, no, no]);
    expect(processed(minNewTokens(2, [1, 2]), [1, 2, 3], [0, 0])).toEqual([1, 2, 3]);
  });

  it('divide by the temperature', () => {
    expect(processed(temperature(0.5), [1, -2, no])).toEqual([2, -4, no]);
  });

  it('keep the top k and what equals the last of them', () => {
    expect(processed(topK(2), [1, 5, 3, 3, 0])).toEqual([no, 5, 3, 3, no]);
    expect(processed(topK(1, 2), [1, 5, 3])).toEqual([no, 5, 3]);
    expect(processed(topK(9), [1, 5, 3])).toEqual([1, 5, 3]);
    expect(processed(topK(3), [1, no, no, no])).toEqual([1, no, no, no]);
  });

  it('keep the smallest set that holds the mass, never none', () => {
    const scores = [0.5, 0.25, 0.125, 0.125].map(Math.log);
    const kept = (mass: number, keep?: number) => processed(topP(mass, keep), scores).map(score => score > no);
    expect(kept(0.1)).toEqual([true, false, false, false]);
    expect(kept(0.6)).toEqual([true, true, false, false]);
    expect(kept(0.8)).toEqual([true, true, false, true]);
    expect(kept(0.9)).toEqual([true, true, true, true]);
    expect(kept(0.1, 3)).toEqual([true, true, false, true]);
  });

  it('count only possible ids in the mass', () => {
    expect(processed(topP(0.5), [no, 1, no, 0])).toEqual([no, 1, no, no]);
  });

  it('keep what is likely enough beside the likeliest, never none', () => {
    const scores = [0.1, 0.4, no, 0.2, 0.3].map(share => (share === no ? no : Math.log(share)));
    const kept = (share: number, keep?: number) =>
      processed(minP(share, keep), scores).flatMap((score, id) => (score > no ? [id] : []));
    expect([kept(0.2), kept(0.3), kept(0.6), kept(1)]).toEqual([[0, 1, 3, 4], [1, 3, 4], [1, 4], [1]]);
    expect(kept(1, 3)).toEqual([1, 3, 4]);
  });

  it('keep, by min-p, what a comparison of all probabilities keeps', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ noNaN: true, min: -9, max: 9, minLength: 1 }),
        fc.float({ min: 0, max: 1, noNaN: true }),
        (scores, share) => {
          const exponentials = [...scores].map(Math.exp);
          const least = share * Math.max(...exponentials);
          processed(minP(share), [...scores]).forEach((score, id) => {
            // equal but for rounding may fall either way
            if (Math.abs(exponentials[id]! - least) > 1e-5 * least) expect(score > no).toBe(exponentials[id]! > least);
          });
        },
      ),
    );
  });

  it('come in one order: bias, penalties, mask, own ones, temperature, top-k, top-p, min-p', () => {
    const own: LogitsProcessor = scores => {
      scores[0] = scores[0]! + 16;
    };
    const options: GenerationOptions = {
      logitBias: { 0: 8 },
      repetitionPenalty: 2,
      presencePenalty: 1,
      frequencyPenalty: 0.5,
      minNewTokens: 9,
      processors: [own, own],
      temperature: 4,
      topK: 3,
      topP: 0.99,
      minP: 0.9,
    };
    const steps: number[][] = [];
    const scores = Float32Array.of(8, 5, 4, 30);
    for (const process of logitsProcessors(resolveOptions(options, hashModel({ eosIds: [3] })))) {
      process(scores, [0, 0]);
      steps.push([...scores]);
    }
    expect(steps).toEqual([
      [16, 5, 4, 30],
      [8, 5, 4, 30],
      [7, 5, 4, 30],
      [6, 5, 4, 30],
      [6, 5, 4, no],
      [22, 5, 4, no],
      [38, 5, 4, no],
      [9.5, 1.25, 1, no],
      [9.5, 1.25, 1, no],
      [9.5, no, no, no],
      [9.5, no, no, no],
    ]);
  });

  it('are chosen and ordered by the options', () => {
    const chosen = (options: GenerationOptions) =>
      logitsProcessors(resolveOptions(options, hashModel({ eosIds: [2] })));
    expect(chosen({})).toHaveLength(0);
    expect(chosen({ temperature: 1 })).toHaveLength(0);
    expect(chosen({ topK: 3, topP: 0.5, minP: 0.5, logitBias: {}, presencePenalty: 0 })).toHaveLength(0);
    expect(chosen({ topK: 3, topP: 0.5, temperature: 2, minNewTokens: 1, repetitionPenalty: 2 })).toHaveLength(5);
    expect(chosen({ minNewTokens: 1, eosIds: [] })).toHaveLength(0);
    const [penalise, cool] = chosen({ repetitionPenalty: 2, temperature: 4 });
    expect(processed(penalise!, [8, 8], [1])).toEqual([8, 4]);
    expect(processed(cool!, [8, 8], [1])).toEqual([2, 2]);
  });

  it('leave enough candidates for beams', () => {
    const kept = (beams: number, eosIds: number[]) => {
      const [top] = logitsProcessors(resolveOptions({ beams, eosIds, temperature: 1, topK: 1 }, hashModel()));
      return processed(top!, [1, 2, 3, 4, 5, 6]).filter(score => score > no).length;
    };
    expect([kept(1, [2]), kept(2, []), kept(2, [2]), kept(2, [2, 3])]).toEqual([1, 2, 2, 3]);
  });
});

describe('choosing', () => {
  const scores = Float32Array.from([0.1, 0.2, 0, 0.4, 0.3], Math.log);

  it('takes the first of the most likely', () => {
    expect(mostLikely(Float32Array.of(1, 3, 3, no))).toBe(1);
  });

  it('draws ids as often as their probability says, impossible ones never', () => {
    const generator = random(11);
    const counts = [0, 0, 0, 0, 0];
    for (let i = 0; i < 20_000; i++) counts[drawOne(scores, generator)]!++;
    expectClose(
      counts.map(count => count / 20_000),
      [0.1, 0.2, 0, 0.4, 0.3],
      { absolute: 0.012, relative: 0 },
    );
    expect(counts[2]).toBe(0);
  });

  it('draws several without putting back, as if one after another', () => {
    const generator = random(12);
    const probabilities = softmax(scores);
    const pairs = Array.from({ length: 25 }, () => 0);
    for (let i = 0; i < 40_000; i++) {
      const [first, second] = drawSeveral(scores, 2, generator) as [number, number];
      pairs[first * 5 + second]! += 1 / 40_000;
    }
    const expected = pairs.map((_, i) => {
      const [first, second] = [Math.floor(i / 5), i % 5];
      return first === second ? 0 : (probabilities[first]! * probabilities[second]!) / (1 - probabilities[first]!);
    });
    expect(pairs.filter((_, i) => i % 6 === 0)).toEqual([0, 0, 0, 0, 0]);
    expectClose(pairs, expected, { absolute: 0.008, relative: 0 });
  });

  it('draws impossible ids only when nothing else is left', () => {
    expect(drawSeveral(scores, 5, random(1)).at(-1)).toBe(2);
    expect(drawSeveral(scores, 9, random(1))).toHaveLength(5);
  });
});

const nano = sharedPath('goldens/nano');

describe.skipIf(!nano)('the golden distributions', () => {
  const tensors = () => readSafetensors(join(nano!, 'sampling.safetensors'));
  const history = () =>
    (
      JSON.parse(readFileSync(join(nano!, 'generation.json'), 'utf8')) as {
        history_for_repetition_in_sampling: number[];
      }
    ).history_for_repetition_in_sampling;

  it.each<[string, GenerationOptions]>([
    ['repetition_1.5', { repetitionPenalty: 1.5 }],
    ['temperature_0.7', { temperature: 0.7 }],
    ['top_k_20', { temperature: 1, topK: 20 }],
    ['top_p_0.9', { temperature: 1, topP: 0.9 }],
    ['all', { repetitionPenalty: 1.3, temperature: 0.7, topK: 40, topP: 0.9 }],
  ])('%s', (name, options) => {
    const scores = tensors().get('logits')!;
    for (const process of logitsProcessors(resolveOptions(options, hashModel()))) process(scores, history());
    const probabilities = softmax(scores);
    const expected = tensors().get(`probabilities.${name}`)!;
    expectClose(probabilities, expected, { absolute: 1e-5, relative: 0 });
    expect([...probabilities].map(probability => probability === 0)).toEqual(
      [...expected].map(probability => probability === 0),
    );
  });
});
