import { join } from 'node:path';
import { sharedPath } from '@minigpt4/testing';
import { describeModel, imageTokens } from 'minigpt4';
import { loadLanguageTokenizer } from 'minigpt4/language';
import { describe, expect, it } from 'vitest';
import { settleConfig } from '../config/settle-config.js';
import { stage1 } from '../configs/stage1.js';
import { stage2 } from '../configs/stage2.js';
import { textTargets } from '../data/text-targets.js';
import { labelPreview } from '../doctor/label-preview.js';
import { describeFrozen } from './describe-frozen.js';

describe('describeFrozen', () => {
  it('puts a projection and a language model into the description of a model', async () => {
    const { llm } = (await describeModel('tiny')).files;
    const projection = join('/', 'p.safetensors');
    const { name, config, files } = await describeFrozen({ model: 'tiny', languageModel: llm, projection });
    expect(name).toBe('tiny with llm');
    expect(files).toMatchObject({ llm, projection });
    expect([config.llm.width, config.endSymbol, config.template]).toEqual([256, '###', undefined]);
  });

  it('leaves a model alone', async () => {
    const { name, config } = await describeFrozen({ model: 'tiny', languageModel: null });
    expect([name, config.endSymbol]).toEqual(['tiny', '###']);
  });
});

const smol = sharedPath('models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf');

describe.skipIf(!smol)('a GGUF file with a chat template', () => {
  it('says how training and answers are written', async () => {
    const description = await describeFrozen({ model: 'tiny', languageModel: smol! });
    expect(description.config).toMatchObject({
      llm: { width: 576 },
      template: 'language-model',
      endSymbol: '<|im_end|>',
    });
    const open = { prompt: null, endSymbol: null };
    const second = await settleConfig({ ...stage2, template: open }, description);
    const first = await settleConfig({ ...stage1, template: { ...open, prompt: '' } }, description);
    expect(first.template).toEqual({ prompt: '', endSymbol: '<|im_end|>' });

    const tokenizer = await loadLanguageTokenizer(smol!);
    const preview = (config: typeof first) => {
      const target = textTargets(tokenizer, config, { caption: 'verbatim', maxWords: 50 })('A cat.');
      const { parts } = labelPreview({
        key: 'a',
        target,
        config,
        tokenizer,
        imageTokens: imageTokens(description.config),
      });
      return parts.map(({ text, learned }) => (learned ? `[${text}]` : text)).join('');
    };
    expect(preview(first)).toBe('<|im_start|><image>[A cat.<|im_end|>]');
    expect(preview(second)).toMatch(
      /^<\|im_start\|>system\n.*<\|im_end\|>\n<\|im_start\|>user\n<Img><image><\/Img> Describe this image in detail\.<\|im_end\|>\n<\|im_start\|>assistant\n\[A cat\.<\|im_end\|>\]$/u,
    );
  });
});
