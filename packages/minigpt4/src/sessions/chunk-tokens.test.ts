import { vicuna13b, vicuna7b } from '@minigpt4/llm-vicuna';
import { expect, it } from 'vitest';
import { chunkTokensOf } from './chunk-tokens.js';

it.each([
  ['1.1B', { ...vicuna7b, width: 2048, intermediateWidth: 5632, layers: 22, heads: 32, kvHeads: 4, headSize: 64 }, 128],
  ['7B', vicuna7b, 64],
  ['13B', vicuna13b, 32],
  ['130B', { ...vicuna13b, layers: 400 }, 16],
])('cuts prompts of a model of %s into shorter runs the larger it is', (_, config, tokens) => {
  expect(chunkTokensOf(config)).toBe(tokens);
});
