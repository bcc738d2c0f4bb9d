import { describe, expect, it } from 'vitest';
import { originalPresets } from '../originals/presets.js';
import { imageEncoderGraph } from '../sessions/image-encoder.js';
import { languageModelGraphs } from '../sessions/session-language-model.js';
import { estimateMemory, memoryFinding } from './memory-estimate.js';

const { config } = originalPresets['vicuna-7b'];
const graphs = [imageEncoderGraph(config), ...Object.values(languageModelGraphs(config.llm))];

describe('estimateMemory', () => {
  it('counts MiniGPT-4 7B', () => {
    const estimate = estimateMemory(graphs, config.llm, 6e9);
    const parameters = 985_894_528 + 2816 + 105_162_240 + 3_149_824 + 6_738_423_808;
    expect(estimate).toMatchObject({
      parameters,
      float32: 4 * parameters,
      cachePerPosition: 2 ** 20,
      cacheWhole: 2 ** 31,
    });
    // the table of word embeddings and the vectors stay as they are
    expect(estimate.int8).toBeGreaterThan(parameters + 3 * 32001 * 4096);
    expect(estimate.int8).toBeLessThan(parameters + 3.1 * 32001 * 4096);
    expect(estimate.int4).toBeLessThan(0.65 * parameters + 3.5 * 32001 * 4096);
  });
});

describe('memoryFinding', () => {
  const base = estimateMemory(graphs, config.llm, 0);
  it.each([
    ['ok', 64e9, undefined],
    ['warning', 16e9, 'Load it with quantize int8.'],
    ['warning', 9e9, 'Load it with quantize int4.'],
    ['failure', 4e9, 'Free memory, or use a smaller model.'],
  ])('%s with %d bytes free', (level, available, fix) => {
    const finding = memoryFinding({ ...base, available });
    expect([finding.level, finding.fix]).toEqual([level, fix]);
    expect(finding.message).toContain('31 GB as float32');
  });
});
