import { asFloat32 } from '@minigpt4/core';
import { repetitionPenalty, temperature, topK, topP, type LogitsProcessor } from '@minigpt4/llm-vicuna';
import type { GenerationGolden } from './generation-golden.js';
import { readJsonFile, withTensors, type NanoModel } from './nano-model.js';
import type { Report } from './report.js';

const processors: readonly [RegExp, (value: number) => LogitsProcessor][] = [
  [/^repetition_(.+)$/, repetitionPenalty],
  [/^temperature_(.+)$/, temperature],
  [/^top_k_(.+)$/, topK],
  [/^top_p_(.+)$/, topP],
];

/** A chain written as in `order_of_all`, such as `repetition 1.3, temperature 0.7, top-k 40, top-p 0.9`. */
function chain(order: string): LogitsProcessor[] {
  return order.split(',').flatMap(part => processor(part.trim().replaceAll('-', '_').replaceAll(' ', '_')) ?? []);
}

function processor(name: string): LogitsProcessor | undefined {
  for (const [pattern, make] of processors) {
    const value = pattern.exec(name)?.[1];
    if (value !== undefined) return make(Number(value));
  }
  return undefined;
}

function softmax(scores: Float32Array): Float32Array {
  const highest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  const powers = Float64Array.from(scores, score => Math.exp(score - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return Float32Array.from(powers, power => power / sum);
}

/** Compares the distribution after each processor, zeros included. */
export async function samplingGolden({ directory }: NanoModel, report: Report): Promise<void> {
  const golden = await readJsonFile<GenerationGolden & { readonly order_of_all: string }>(directory, 'generation.json');
  await withTensors(directory, 'sampling.safetensors', async tensors => {
    const logits = asFloat32(await tensors.read('logits'));
    for (const key of tensors.names().filter(name => name.startsWith('probabilities.'))) {
      const name = key.slice('probabilities.'.length);
      const single = processor(name);
      const steps = name === 'all' ? chain(golden.order_of_all) : single === undefined ? [] : [single];
      if (steps.length === 0) {
        report.skip(`sampling.${name}`, 'no processor of this name yet');
        continue;
      }
      const scores = logits.slice();
      for (const step of steps) step(scores, golden.history_for_repetition_in_sampling);
      const expected = asFloat32(await tensors.read(key));
      const actual = softmax(scores);
      report.close(`sampling.${name}`, actual, expected, 1e-5);
      report.equal(`sampling.${name}.zeros`, zeros(actual), zeros(expected));
    }
  });
}

function zeros(values: Float32Array): number[] {
  return Array.from(values.keys()).filter(i => values[i] === 0);
}
