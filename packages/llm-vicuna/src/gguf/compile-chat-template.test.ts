import { readFile } from 'node:fs/promises';
import { readGgufMetadata } from '@minigpt4/checkpoint';
import { sharedPath } from '@minigpt4/testing';
import { describe, expect, it } from 'vitest';
import { thrownBy } from '../../test/thrown-by.js';
import { compileChatTemplate, type ChatMessage } from './compile-chat-template.js';

const messages: ChatMessage[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hi {{ x }}' },
];

describe('compileChatTemplate', () => {
  it('writes the messages, the control tokens and the opening of the answer', () => {
    const source =
      '{{ bos_token }}{% for m in messages %}[{{ m.role }}]{{ m["content"] | trim }}{{ eos_token }}{% endfor %}' +
      '{% if add_generation_prompt %}[assistant]{% endif %}';
    const render = compileChatTemplate(source, { bosToken: '<s>', eosToken: '</s>' });
    expect(render(messages)).toBe('<s>[system]Be brief.</s>[user]Hi {{ x }}</s>[assistant]');
    expect(compileChatTemplate(source)([])).toBe('[assistant]');
  });

  it('takes line breaks after blocks away, as transformers does', () => {
    expect(
      compileChatTemplate('{% for m in messages %}\n  {% if true %}\n{{ m.role }}\n{% endif %}\n{% endfor %}')(
        messages,
      ),
    ).toBe('system\nuser\n');
  });

  it.each([
    ['{% for m in messages %}', 'cannot be read'],
    ['x'.repeat(300_000), 'at most 262144 characters, got 300000'],
  ])('refuses %.30s', (source, message) => {
    expect(thrownBy(() => compileChatTemplate(source))).toMatchObject({
      code: 'TEMPLATE_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('passes on what a template objects to', () => {
    const render = compileChatTemplate("{{ raise_exception('no system text, please') }}");
    expect(thrownBy(() => render(messages))).toMatchObject({
      code: 'TEMPLATE_INVALID',
      message: expect.stringContaining('no system text, please'),
    });
  });
});

interface Prompts {
  readonly prompts: readonly { readonly messages: readonly ChatMessage[]; readonly text: string }[];
}

const modelPath = sharedPath('models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf');
const goldenPath = sharedPath('goldens/smollm2/logits.json');

describe.skipIf(!modelPath || !goldenPath)("SmolLM2's template", () => {
  it('writes the golden prompts', async () => {
    const { prompts } = JSON.parse(await readFile(goldenPath!, 'utf8')) as Prompts;
    const render = compileChatTemplate((await readGgufMetadata(modelPath!)).get('tokenizer.chat_template') as string);
    expect(prompts.length).toBeGreaterThan(0);
    for (const prompt of prompts) expect(render(prompt.messages)).toBe(prompt.text);
  });
});
