import { describe, expect, it } from 'vitest';
import { alignmentInstructions, readPromptLines, trainingSegments, trainingTemplates } from './training-prompts.js';

describe('trainingSegments', () => {
  it('has nothing but BOS around the image in stage 1', () => {
    expect(trainingSegments(trainingTemplates.stage1)).toEqual({ segments: ['', ''], bos: true });
  });

  it.each(alignmentInstructions)('has the template and its last space in stage 2: %s', instruction => {
    expect(trainingSegments(trainingTemplates.vicuna, instruction)).toEqual({
      segments: ['###Human: <Img>', `</Img> ${instruction} ###Assistant: `],
      bos: true,
    });
    expect(trainingSegments(trainingTemplates.llama2, instruction).segments).toEqual([
      '[INST] <Img>',
      `</Img> ${instruction} [/INST] `,
    ]);
  });

  it('takes a line of a prompt file as it is', () => {
    const [line] = readPromptLines('<Img><ImageHere></Img> Say $& it.');
    expect(trainingSegments(trainingTemplates.vicuna, line).segments).toEqual([
      '###Human: <Img>',
      '</Img> Say $& it. ###Assistant: ',
    ]);
  });

  it.each([
    [{ prompt: '###Human: ', endSymbol: '' }, 'a'],
    [{ prompt: '{} {}', endSymbol: '' }, 'a'],
    [trainingTemplates.vicuna, undefined],
  ])('refuses %j with %j', (template, instruction) => {
    expect(() => trainingSegments(template, instruction)).toThrow(
      expect.objectContaining({ code: 'TEMPLATE_INVALID' }),
    );
  });
});

describe('readPromptLines', () => {
  it('keeps the lines with a place for an image', () => {
    expect(readPromptLines('# remark\r\n<Img><ImageHere></Img> a\n\n<Img><ImageHere></Img> b')).toEqual([
      '<Img><ImageHere></Img> a',
      '<Img><ImageHere></Img> b',
    ]);
  });
});

describe('trainingTemplates', () => {
  it("end as the original's", () => {
    expect(Object.values(trainingTemplates).map(template => template.endSymbol)).toEqual(['\n', '###', '</s>']);
  });
});
