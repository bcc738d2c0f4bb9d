import { chatTemplates } from '@minigpt4/prompt-templates';
import { describe, expect, it } from 'vitest';
import { picture, scriptedMiniGPT4, scriptedModel, textOf, tokenizer } from '../../test/scripted-model.js';
import type { ContextFullError } from './prompt/context-full-error.js';

const { system } = chatTemplates.vicunaV1;

/** What a prompt of the first release looks like once it is read: without its system text. */
const behindSystem = (reading: readonly number[]) => textOf(reading).replace(`<s> ${system}###`, '');

describe('several pictures in a chat', () => {
  it('stand in the order in which they were shown, as in the original, however long each takes to encode', async () => {
    const language = scriptedModel(['Two.', 'Three.']);
    const slowFirst = async () => {
      await new Promise(resolve => setTimeout(resolve, 5));
      return [Float32Array.of(0.25, 0.75)];
    };
    let shown = 0;
    const encoder = { encode: async () => (shown++ === 0 ? slowFirst() : [Float32Array.of(shown + 0.5)]) };
    const chat = scriptedMiniGPT4(language, { encoder }).chat();
    const adding = Promise.all([chat.addImage(picture()), chat.addImage(picture())]);
    await chat.ask('What differs?').result();
    await adding;
    const first = '###Human: <Img>{0.25}{0.75}</Img>###Human: <Img>{2.5}</Img> What differs?###Assistant:';
    expect(`###${behindSystem(language.prompts[0]!)}`).toBe(first);
    await chat.addImage(picture());
    const { usage } = await chat.ask('And now?').result();
    expect(`###${behindSystem(language.prompts.at(-1)!)}`).toBe(
      `${first} Two.###Human: <Img>{3.5}</Img> And now?###Assistant:`,
    );
    expect(usage.imageTokens).toBe(4);
  });

  it('take the ids of the original, segment by segment', async () => {
    const language = scriptedModel(['Yes.']);
    const model = scriptedMiniGPT4(language);
    await model.answer([picture(0.5), picture(1.5)], 'Are they alike?');
    const segments = [`${system}###Human: <Img>`, '</Img>###Human: <Img>', '</Img> Are they alike?###Assistant:'];
    const [before, between, behind] = segments.map((text, i) => tokenizer.encode(text, { bos: i === 0 }));
    expect(language.prompts[0]).toEqual([...before!, 0.5, ...between!, 1.5, ...behind!]);
  });

  it('leave a picture that cannot be encoded out', async () => {
    const language = scriptedModel(['No.']);
    const encoder = { encode: async () => [] };
    const model = scriptedMiniGPT4(language, { encoder });
    const chat = model.chat();
    await expect(chat.addImage(picture())).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' });
    await chat.ask('Is it there?').result();
    expect(behindSystem(language.prompts[0]!)).toBe('Human: Is it there?###Assistant:');
  });
});

describe('what a turn computes', () => {
  it("is the new question alone, though the model's ids are not the tokenizer's", async () => {
    const spelled = Array.from(' It is a cat.', letter => tokenizer.tokenId(letter.replace(' ', '\u2581'))!);
    expect(tokenizer.decode(spelled)).toBe('It is a cat.');
    expect(tokenizer.encode('It is a cat.').length).toBeLessThan(spelled.length);
    const language = scriptedModel([spelled, 'Yes.', 'No.']);
    const chat = scriptedMiniGPT4(language).chat();
    await chat.addImage(picture(0.5));
    const first = await chat.ask('What is it?').result();
    const second = await chat.ask('Sure?').result();
    expect(second.usage.cachedTokens).toBe(first.usage.promptTokens + spelled.length);
    const third = await chat.ask('Sure?').result();
    const saidBefore = second.ids.length - 1;
    expect(third.usage.cachedTokens).toBe(second.usage.promptTokens + saidBefore);
    const read = behindSystem(language.prompts.at(-1)!);
    expect(read).toContain(
      '</Img> What is it?###Assistant: It is a cat.###Human: Sure?###Assistant: Yes.###Human: Sure?',
    );
  });

  it('is the last answer again where it cannot be repeated as it was said', async () => {
    const language = scriptedModel(['It is <Img>.', 'Yes.']);
    const chat = scriptedMiniGPT4(language).chat();
    const { ids, text, usage } = await chat.ask('What is it?').result();
    expect(text).toBe('It is <Img>.');
    const second = await chat.ask('Sure?').result();
    expect(second.usage.cachedTokens).toBeGreaterThan(usage.promptTokens);
    expect(second.usage.cachedTokens).toBeLessThan(usage.promptTokens + ids.length - 1);
    expect(textOf(language.prompts.at(-1)!)).toContain('Assistant: It is < Img>.###Human: Sure?');
  });

  it.each(['vicunaHead', 'llama2', 'minigptV2'] as const)(
    'is the new question alone with the template %s',
    async name => {
      const language = scriptedModel(['It is.', 'Yes.']);
      const template = chatTemplates[name];
      const chat = scriptedMiniGPT4(language).chat({ template });
      const { ids, usage } = await chat.ask('What is it?').result();
      const second = await chat.ask('Sure?').result();
      expect(second.usage.cachedTokens).toBe(usage.promptTokens + ids.length - 1);
      const written = `${template.assistant}It is.${template.separator}${template.user}Sure?`;
      expect(textOf(language.prompts.at(-1)!).replaceAll(/\s/g, '')).toContain(written.replaceAll(/\s/g, ''));
    },
  );
});

describe('a chat that no longer fits', () => {
  const questions = ['What is the first?', 'What is the second?', 'What is the third?', 'What is the fourth?'];
  const answers = ['The first is red.', 'The second is green.', 'The third is blue.', 'The fourth is grey.'];
  it('drops the oldest questions with their answers, keeps the picture and the system text, and says so', async () => {
    const language = scriptedModel(answers);
    const chat = scriptedMiniGPT4(language, { maxPositions: 85 }).chat();
    await chat.addImage(picture(0.5));
    const told: (number | undefined)[] = [];
    for (const question of questions) {
      const { droppedTurns, usage } = await chat.ask(question, { maxNewTokens: 12 }).result();
      told.push(droppedTurns);
      expect(usage.promptTokens).toBeLessThanOrEqual(73);
      expect(usage.imageTokens).toBe(1);
    }
    expect(told).toEqual([undefined, undefined, 1, 2]);
    expect(chat.turns.map(({ answer }) => answer)).toEqual(answers);
    expect(textOf(language.prompts.at(-1)!)).toBe(
      `<s> ${system}###Human: <Img>{0.5}</Img> ${questions[2]}###Assistant: ${answers[2]}###Human: ${questions[3]}###Assistant:`,
    );
  });

  it('refuses when that is asked for, and when the question alone is too long, with the numbers', async () => {
    const strict = scriptedMiniGPT4(scriptedModel(answers), { maxPositions: 100 }).chat({ onContextFull: 'error' });
    await strict.addImage(picture(0.5, 1.5));
    await strict.ask(questions[0]!).result();
    const full = await strict
      .ask('why '.repeat(40))
      .result()
      .catch((error: unknown) => error as ContextFullError);
    expect(full).toMatchObject({ code: 'CONTEXT_FULL', maxPositions: 100, imageTokens: 2 });
    expect((full as ContextFullError).promptTokens).toBeGreaterThanOrEqual(100);
    expect(strict.turns).toHaveLength(1);

    const lenient = scriptedMiniGPT4(scriptedModel(answers), { maxPositions: 100 }).chat();
    await lenient.ask(questions[0]!).result();
    await expect(lenient.ask('why '.repeat(99)).result()).rejects.toMatchObject({ code: 'CONTEXT_FULL' });
    expect((await lenient.ask(questions[1]!).result()).droppedTurns).toBeUndefined();
  });

  it('does not lose everything to an answer that may be long', async () => {
    const chat = scriptedMiniGPT4(scriptedModel(answers), { maxPositions: 200 }).chat();
    await chat.ask(questions[0]!, { maxNewTokens: 100_000 }).result();
    const second = await chat.ask(questions[1]!, { maxNewTokens: 100_000 }).result();
    expect(second.droppedTurns).toBeUndefined();
  });
});

describe('what a chat is begun with', () => {
  it('can be a system text, in which nothing is the template', async () => {
    const language = scriptedModel(['Ahoy.']);
    await scriptedMiniGPT4(language).chat({ system: 'You are a ### pirate.' }).ask('Who are you?').result();
    expect(textOf(language.prompts[0]!)).toBe('<s> You are a # ## pirate.###Human: Who are you?###Assistant:');
  });
});
