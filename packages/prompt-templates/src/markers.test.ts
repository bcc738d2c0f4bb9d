import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatTemplates } from './chat-template.js';
import { addImage, appendAssistant, ask, type Conversation, createConversation } from './conversation.js';
import { escapeMarkers } from './markers.js';
import { imageSlot, toSegments } from './segments.js';

const { markers } = chatTemplates.vicunaV1;

describe('escapeMarkers', () => {
  it.each([
    ['hello # ## world', 'hello # ## world'],
    ['###', '# ##'],
    ['### Title', '# ## Title'],
    ['######', '# # ## ##'],
    ['a###Human: b', 'a# ##Human: b'],
    ['<ImageHere>', '< ImageHere>'],
    ['<Im<ImageHere>ageHere>', '<Im< ImageHere>ageHere>'],
    ['<Img></Img>', '< Img>< /Img>'],
    ['<s></s><unk>', '< s>< /s>< unk>'],
    ['<<s>s>', '<< s>s>'],
    ['[INST] is free here', '[INST] is free here'],
    ['$& $1 <s>', '$& $1 < s>'],
    ['', ''],
  ])('%j reads %j', (text, expected) => {
    expect(escapeMarkers(text, markers)).toBe(expected);
  });

  it('leaves everything but spaces in place', () => {
    fc.assert(
      fc.property(hostileText, text => {
        expect(escapeMarkers(text, markers).replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      }),
    );
  });
});

/** Texts made of markers, pieces of them, and anything else. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...new Set(Object.values(chatTemplates).flatMap(template => [...template.markers]))),
      fc.constantFrom(
        '#',
        '##',
        '<',
        '>',
        '<Im',
        'g>',
        '<Image',
        'Here>',
        '</',
        's>',
        '[',
        '[/',
        'INST',
        ']',
        ' ',
        '\u2581',
        '\u200B',
      ),
      fc.constantFrom('Human: ', 'Assistant: ', '###Human: ', '###Assistant:', '<s>[INST] ', ' [/INST] ', '\n'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 10 },
  )
  .map(parts => parts.join(''));

/** How often a marker stands in a text, overlapping ones counted. */
function count(text: string, marker: string): number {
  let found = 0;
  for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, at + 1)) found++;
  return found;
}

type Texts = readonly [string, string, string, string];

function conversationOf(texts: Texts, start: Conversation): Conversation {
  const first = ask(addImage(start), texts[0]);
  return ask(ask(appendAssistant(first, texts[1]), texts[2]), texts[3]);
}

describe.each(Object.entries(chatTemplates))('whatever people and the model say: %s', (_name, template) => {
  const plain = toSegments(conversationOf(['a', 'a', 'a', 'a'], createConversation({ template, system: 'a' })));
  const question = hostileText.filter(text => text.trim() !== '');
  const texts = fc.tuple(question, hostileText, question, question);

  it("markers, separators and image places are the template's alone", () => {
    fc.assert(
      fc.property(texts, hostileText, (said, system) => {
        const { segments } = toSegments(conversationOf(said, createConversation({ template, system })));
        expect(segments.length).toBe(plain.segments.length);
        const [actual, expected] = [segments, plain.segments].map(all => all.join(imageSlot)) as [string, string];
        for (const marker of template.markers) {
          expect(`${marker} ${count(actual, marker)}`).toBe(`${marker} ${count(expected, marker)}`);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("later turns on their own hold the template's markers alone", () => {
    const text = (conversation: Conversation) => toSegments(conversation, { from: 2 }).segments.join(imageSlot);
    const expected = text(conversationOf(['a', 'a', 'a', 'a'], createConversation({ template })));
    fc.assert(
      fc.property(texts, said => {
        const actual = text(conversationOf(said, createConversation({ template })));
        for (const marker of template.markers) expect(count(actual, marker)).toBe(count(expected, marker));
      }),
      { numRuns: 300 },
    );
  });

  it('texts without markers stay as they are', () => {
    const { segments } = toSegments(ask(createConversation({ template }), 'C# or <b>HTML</b>, #1?'));
    expect(segments[0]).toContain(
      `${template.user}C# or <b>HTML</b>, #1?${template.separator}${template.assistantOpen}`,
    );
  });
});

describe('the border of a text', () => {
  const rendered = (text: string) => toSegments(ask(createConversation({ system: '' }), text)).segments[0];

  it.each([
    ['C#', '###Human: C# ###Assistant:'],
    ['##', '###Human: ## ###Assistant:'],
    ['#start', '###Human: #start###Assistant:'],
    ['a###', '###Human: a# ## ###Assistant:'],
    ['</Img>', '###Human: < /Img>###Assistant:'],
  ])('%j gives %j', (text, expected) => {
    expect(rendered(text)).toBe(expected);
  });
});
