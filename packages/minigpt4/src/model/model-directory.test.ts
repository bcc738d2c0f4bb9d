import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chatTemplates } from '@minigpt4/prompt-templates';
import { weightsDirectory } from '@minigpt4/tiny';
import { clipPreprocess } from '@minigpt4/vision-encoder';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../test/random-model.js';
import { conversationTemplate } from '../config.js';
import { describeModel, presetNames } from './model-directory.js';
import { openModelWeights } from './model-weights.js';
import { readConfig } from './read-config.js';
import { readJson } from './read-json.js';

const folder = await temporaryFolder();

const llm = {
  hidden_size: 16,
  intermediate_size: 20,
  num_hidden_layers: 1,
  num_attention_heads: 4,
  vocab_size: 11,
};
const json = {
  vision: { img_size: 8, patch_size: 2, embed_dim: 12, depth: 2, num_heads: 3, mlp_ratio: 2, layer_norm_eps: 1e-6 },
  ln_vision: { eps: 1e-5 },
  qformer: {
    query_length: 3,
    hidden_size: 8,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 10,
    cross_attention_freq: 2,
    encoder_width: 12,
    layer_norm_eps: 1e-12,
  },
  llm,
};

let directories = 0;

/** A directory whose `config.json` has this content. */
async function directoryOf(content: string): Promise<string> {
  const directory = join(folder, `model-${directories++}`);
  await mkdir(directory);
  await writeFile(join(directory, 'config.json'), content);
  return directory;
}

describe('describeModel', () => {
  it('knows the presets by name', async () => {
    expect(presetNames()).toContain('tiny');
    const { name, files, config } = await describeModel('tiny');
    expect(name).toBe('tiny');
    expect(files.llm).toBe(join(weightsDirectory(), 'llm'));
    expect([config.vision.width, config.qformer?.queries, config.llm.width]).toEqual([128, 12, 256]);
  });

  it('reads a directory, names it after itself and resolves its files', async () => {
    const files = { vision: 'vit.pth', qformer: '../blip2.pth', projection: 'sub/proj.pth', llm: 'llm' };
    const directory = await directoryOf(JSON.stringify({ ...json, files }));
    expect(await describeModel(directory)).toMatchObject({
      name: 'model-0',
      config: { llm: { width: 16 } },
      files: {
        vision: join(directory, 'vit.pth'),
        qformer: join(folder, 'blip2.pth'),
        projection: join(directory, 'sub/proj.pth'),
        llm: join(directory, 'llm'),
      },
    });
  });

  it.each(['nowhere', '__proto__', 'constructor', ''])('names what it cannot find: "%s"', async source => {
    await expect(describeModel(source)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      message: expect.stringContaining(
        `expected a preset (${presetNames().join(', ')}), a directory with config.json or the original's files, or a GGUF file, got "${source}"`,
      ),
    });
  });

  it('needs no projection: a model to be trained has none', async () => {
    const directory = await directoryOf(JSON.stringify({ ...json, files: { vision: 'a', qformer: 'b', llm: 'd' } }));
    const description = await describeModel(directory);
    expect(description.files).not.toHaveProperty('projection');
    await expect(openModelWeights(description)).rejects.toMatchObject({
      code: 'MODEL_FILES_MISSING',
      message: expect.stringContaining(`${description.name}: the projection is missing`),
    });
  });

  it.each(['vision', 'qformer', 'llm'])('names files.%s when it is missing', async key => {
    const files = { vision: 'a', qformer: 'b', projection: 'c', llm: 'd', [key]: undefined };
    await expect(describeModel(await directoryOf(JSON.stringify({ ...json, files })))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`files.${key}`),
    });
  });

  it.each([
    ['broken JSON', '{"vision": '],
    ['another JSON value', '[1, 2]'],
    ['another JSON value', 'null'],
    ['1048577 bytes', ' '.repeat(2 ** 20 + 1)],
  ])('refuses %s', async (got, content) => {
    await expect(describeModel(await directoryOf(content))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`expected a JSON object, got ${got}`),
    });
  });
});

describe('readConfig', () => {
  it('takes the original preprocessing, end symbol and lengths where nothing else is said', async () => {
    const config = await readConfig(json, folder);
    expect(config.image).toEqual({ ...clipPreprocess, size: 8 });
    expect([config.endSymbol, config.maxTextLength]).toEqual(['###', { stage1: 32, stage2: 160 }]);
    expect(config).not.toHaveProperty('template');
  });

  it.each(Object.values(chatTemplates))('takes the template that is named: $name', async template => {
    const config = await readConfig({ ...json, template: template.name }, folder);
    expect([config.template, config.endSymbol]).toEqual([template, template.stop[0]]);
    expect(conversationTemplate(config)).toBe(template);
  });

  it("has Llama-2's template and end symbol where there is no Q-Former", async () => {
    const config = await readConfig({ ...json, qformer: null }, folder);
    expect([conversationTemplate(config), config.endSymbol]).toEqual([chatTemplates.llama2, '</s>']);
  });

  it('takes what is said', async () => {
    const image = { mean: [0, 0.5, 1], std: [1, 2, 3] };
    const config = await readConfig({ ...json, image, end_sym: '\n', max_txt_len: { stage2: 90 } }, folder);
    expect(config.image).toEqual({ size: 8, ...image });
    expect([config.endSymbol, config.maxTextLength]).toEqual(['\n', { stage1: 32, stage2: 90 }]);
  });

  it.each([undefined, null])('describes the variant without Q-Former when it is %s', async qformer => {
    expect(await readConfig({ ...json, qformer }, folder)).not.toHaveProperty('qformer');
  });

  it("reads the language model's own file where config.json does not hold its sizes", async () => {
    const directory = await directoryOf(JSON.stringify({ ...llm, hidden_size: 24 }));
    const config = await readConfig({ ...json, llm: undefined }, directory);
    expect(config.llm.width).toBe(24);
  });

  it.each<[string, object]>([
    ['vision', { vision: undefined }],
    ['ln_vision', { ln_vision: 5 }],
    ['qformer', { qformer: [] }],
    ['llm', { llm: null }],
    ['depth', { vision: { ...json.vision, depth: 'two' } }],
    ['cross_attention_freq', { qformer: { ...json.qformer, cross_attention_freq: 0 } }],
    ['hidden_size', { llm: { ...llm, hidden_size: undefined } }],
    ['template', { template: 'vicuna' }],
    ['image.mean', { image: { mean: [0.5, 0.5] } }],
    ['image.std', { image: { std: ['1', 1, 1] } }],
    ['image.std', { image: { std: [1, 0, 1] } }],
    ['max_txt_len', { max_txt_len: 32 }],
    ['max_txt_len.stage1', { max_txt_len: { stage1: 'long' } }],
    ['max_txt_len.stage2', { max_txt_len: { stage2: -1 } }],
  ])('names "%s" when it is not usable: %o', async (key, change) => {
    await expect(readConfig({ ...json, ...change }, folder)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`"${key}" is not usable, expected`),
    });
  });

  it('refuses parts that do not fit together', async () => {
    await expect(
      readConfig({ ...json, qformer: { ...json.qformer, encoder_width: 99 } }, folder),
    ).rejects.toMatchObject({
      code: 'CONFIG_MISMATCH',
    });
  });
});

describe('readJson', () => {
  it('names a file that is not there', async () => {
    await expect(readJson(join(folder, 'absent.json'))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/absent\.json: .*got no readable file/),
      cause: expect.objectContaining({ code: 'ENOENT' }),
    });
  });
});
