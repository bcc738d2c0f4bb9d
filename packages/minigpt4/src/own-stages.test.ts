import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { weightsDirectory } from '@minigpt4/tiny';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../test/random-model.js';
import { picture, scriptedModel, textOf } from '../test/scripted-model.js';
import { watched } from '../test/watched-language.js';
import { loadLanguageModel } from './language/load-language-model.js';
import { loadMiniGPT4 } from './load.js';
import type { MiniGPT4 } from './minigpt4.js';
import type { PictureEncoder } from './picture-encoder.js';

const folder = await temporaryFolder();
const question = 'Describe this image in detail.';
const template = "{% for m in messages %}{{ '|' + m.role + '|' + m.content }}{% endfor %}{{ '|assistant|' }}";

/** The directory of the tiny model with some of its files gone and others changed. */
async function tinyWithout(name: string, files: readonly string[], edit: object = {}): Promise<string> {
  const directory = join(folder, name);
  await cp(weightsDirectory(), directory, { recursive: true });
  for (const file of files) await rm(join(directory, file), { recursive: true });
  const config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8')) as object;
  await writeFile(join(directory, 'config.json'), JSON.stringify({ ...config, ...edit }));
  return directory;
}

/** Sees one word in every picture, whatever its size, and says it in the language model's own embeddings. */
function seer(word: string, model: () => MiniGPT4): PictureEncoder & { readonly seen: number[]; disposed: boolean } {
  const encoder = {
    seen: [] as number[],
    disposed: false,
    encode: async (pictures: readonly { readonly width: number }[]) => {
      encoder.seen.push(...pictures.map(({ width }) => width));
      const { language, tokenizer } = model();
      return Promise.all(pictures.map(() => language.embed(tokenizer.encode(word))));
    },
    dispose: async () => {
      encoder.disposed = true;
    },
  };
  return encoder;
}

describe('an encoder of the user', () => {
  it('stands in for all stages before the language model, none of which is opened', async () => {
    const directory = await tinyWithout('eyeless', ['eva_vit_tiny.pth', 'blip2_tiny.pth', 'minigpt4_tiny_stage2.pth']);
    const encoder = seer('blue circle', () => model);
    const steps: string[] = [];
    const model = await loadMiniGPT4(directory, { encoder, threads: 1, onProgress: step => steps.push(step) });
    const answer = await model.answer({ width: 3, height: 1, data: new Uint8Array(9) }, question);
    expect(answer.text).toMatch(/blue circle/);
    expect(answer.usage.imageTokens).toBe(model.tokenizer.encode('blue circle').length);
    expect(encoder.seen).toEqual([3]);
    expect(steps.join()).not.toContain('image encoder');
    await model.dispose();
    expect(encoder.disposed).toBe(true);
    await expect(loadMiniGPT4(directory)).rejects.toMatchObject({ code: expect.any(String) });
  });

  it('gives pictures of different length, side by side as well', async () => {
    const words = ['red circle', 'a large green square and a star'];
    const encoder: PictureEncoder = {
      encode: pictures =>
        Promise.all(pictures.map(({ width }) => model.language.embed(model.tokenizer.encode(words[width - 1]!)))),
    };
    await using model = await loadMiniGPT4('tiny', { encoder, threads: 1 });
    const pictures = [1, 2].map(width => ({ width, height: 1, data: new Uint8Array(3 * width) }));
    const batch = await model.pictureBatch(pictures);
    const answers = await batch.ask(question, { maxNewTokens: 12 });
    for (const [i, image] of pictures.entries()) {
      expect(answers[i]!.ids).toEqual((await model.answer(image, question, { maxNewTokens: 12 })).ids);
    }
    expect(answers[0]!.text).not.toBe(answers[1]!.text);
  });

  it('gives eyes to a language model alone', async () => {
    const directory = join(folder, 'alone');
    await cp(join(weightsDirectory(), 'llm'), directory, { recursive: true });
    const encoder = seer('red star', () => model);
    const model = await loadMiniGPT4(directory, { encoder, threads: 1 });
    expect((await model.answer(picture(), question)).text).toMatch(/red star/);
    await model.dispose();
  });

  it('is held to the width of the language model', async () => {
    const encoder = { encode: async () => [new Float32Array(255)] };
    await using model = await loadMiniGPT4('tiny', { encoder, threads: 1 });
    await expect(model.encodeImage(picture())).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
      message: expect.stringContaining('expected (tokens, 256) numbers for each of 1 pictures, got [255]'),
    });
  });
});

describe('a language model of the user', () => {
  it('reads what the own stages see, and is disposed with the model', async () => {
    const directory = await tinyWithout('speechless', ['llm/model.safetensors']);
    const { model: language } = await loadLanguageModel(join(weightsDirectory(), 'llm'), { threads: 1 });
    let disposals = 0;
    const dispose = async () => {
      disposals++;
      await language.dispose();
    };
    const own = { ...watched(language), dispose };
    await using tiny = await loadMiniGPT4('tiny', { threads: 1 });
    const model = await loadMiniGPT4(directory, { language: own, threads: 1 });
    const image = { width: 2, height: 1, data: Uint8Array.of(255, 0, 0, 0, 0, 255) };
    expect((await model.answer(image, question)).ids).toEqual((await tiny.answer(image, question)).ids);
    expect(own.embedded.length).toBeGreaterThan(0);
    await model.dispose();
    expect(disposals).toBe(1);
    await expect(loadMiniGPT4(directory, { threads: 1 })).rejects.toMatchObject({ code: expect.any(String) });
  });

  it('must be as wide as the projection', async () => {
    await expect(loadMiniGPT4('tiny', { language: scriptedModel([]), threads: 1 })).rejects.toMatchObject({
      code: 'CONFIG_MISMATCH',
      message: expect.stringContaining('expected 256, got 1'),
    });
  });

  it('can come with an encoder, and then only the tokenizer is read', async () => {
    const directory = await tinyWithout('words', ['eva_vit_tiny.pth', 'blip2_tiny.pth', 'minigpt4_tiny_stage2.pth']);
    const language = scriptedModel(['A dot.']);
    const encoder = { encode: async () => [Float32Array.of(0.5)] };
    const model = await loadMiniGPT4(directory, { language, encoder });
    expect((await model.answer(picture(), question)).text).toBe('A dot.');
    expect(textOf(language.prompts[0]!)).toContain(`<Img>{0.5}</Img> ${question}`);
  });
});

describe('the template of a model directory', () => {
  const parts = (words: readonly string[]) => {
    const language = scriptedModel(words);
    return { language, encoder: { encode: async () => [Float32Array.of(0.5)] } };
  };

  it('is the one that is named', async () => {
    const directory = await tinyWithout('named', [], { template: 'minigpt-v2' });
    const own = parts(['Yes.']);
    await (await loadMiniGPT4(directory, own)).answer(picture(), 'Well?');
    expect(textOf(own.language.prompts[0]!).replaceAll(' ', '')).toBe('<s><s>[INST]<Img>{0.5}</Img>Well?[/INST]');
  });

  it("is the language model's own where that is asked for, also around pictures", async () => {
    const directory = await tinyWithout('chatty', [], { template: 'language-model' });
    await expect(loadMiniGPT4(directory, parts([]))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('expected a chat template in'),
    });
    await writeFile(join(directory, 'llm', 'tokenizer_config.json'), JSON.stringify({ chat_template: template }));
    const own = parts(['Yes.', 'No.']);
    const model = await loadMiniGPT4(directory, own);
    const chat = model.chat();
    await chat.addImage(picture());
    await chat.ask('Well <Img>?').result();
    await chat.ask('Why?').result();
    const spoken = '|user|<Img>{0.5}</Img> Well < Img>?|assistant| Yes.|user|Why?|assistant|';
    expect(textOf(own.language.prompts[1]!)).toBe(spoken);
  });

  it('is that of pictures side by side, too', async () => {
    const directory = await tinyWithout('side-by-side', [], { template: 'language-model' });
    await writeFile(join(directory, 'llm', 'tokenizer_config.json'), JSON.stringify({ chat_template: template }));
    await using model = await loadMiniGPT4(directory, { threads: 1 });
    const pictures = [0, 255].map(level => ({ width: 1, height: 1, data: Uint8Array.of(level, 90, 60) }));
    const questions = ['What is this?', 'Is there a cat in the image, or a dog?'];
    const batch = await model.pictureBatch(pictures);
    const answers = await batch.ask(
      questions.map((asked, i) => ({ picture: i, question: asked })),
      { maxNewTokens: 12 },
    );
    for (const [i, image] of pictures.entries()) {
      expect(answers[i]!.ids).toEqual((await model.answer(image, questions[i]!, { maxNewTokens: 12 })).ids);
    }
    await using other = await loadMiniGPT4('tiny', { threads: 1 });
    const plain = await other.pictureBatch(pictures);
    expect((await plain.ask(questions[0]!, { maxNewTokens: 12 }))[0]!.ids).not.toEqual(answers[0]!.ids);
  });

  it('of a language model alone is in its configuration or a file of its own', async () => {
    const directory = join(folder, 'instruct');
    await mkdir(directory);
    await cp(join(weightsDirectory(), 'llm'), directory, { recursive: true });
    const named = [
      { name: 'tool_use', template: 'no' },
      { name: 'default', template },
    ];
    const said = async () => {
      const own = parts(['Yes.']);
      await (await loadMiniGPT4(directory, own)).answer(undefined, 'Well?');
      return textOf(own.language.prompts[0]!);
    };
    expect(await said()).toContain('###Human: Well?###Assistant:');
    await writeFile(join(directory, 'tokenizer_config.json'), JSON.stringify({ chat_template: named }));
    expect(await said()).toBe('|user|Well?|assistant|');
    await writeFile(join(directory, 'chat_template.jinja'), template.replaceAll('|', '/'));
    expect(await said()).toBe('/user/Well?/assistant/');
    await writeFile(join(directory, 'chat_template.jinja'), ' '.repeat(2 ** 20 + 1));
    await expect(said()).rejects.toMatchObject({ code: 'TEMPLATE_INVALID' });
  });
});
