import { PromptError } from './prompt-error.js';
import { imageSlot, type PromptSegments, splitAtImages } from './segments.js';

/** The four instructions of stage 2; one is drawn for each batch (prompts/alignment.txt). */
export const alignmentInstructions: readonly string[] = [
  'Describe this image in detail.',
  'Take a look at this image and describe what you notice.',
  'Please provide a detailed description of the picture.',
  'Could you describe the contents of this image for me?',
];

/** What stands around an instruction in training, and what ends the description. */
export interface TrainingTemplate {
  /** Text with one `{}` where image and instruction go; empty for the image alone. */
  readonly prompt: string;
  /** Ends every target text and is itself a target. */
  readonly endSymbol: string;
}

/**
 * The templates of the original's training configurations.
 *
 * - `stage1`: no prompt; captions end with a line feed.
 * - `vicuna`: stage 2; the space at the end is a token of its own (minigpt4_stage2_finetune.yaml).
 * - `llama2`: stage 2 on Llama-2-chat.
 */
export const trainingTemplates: Readonly<Record<'stage1' | 'vicuna' | 'llama2', TrainingTemplate>> = {
  stage1: { prompt: '', endSymbol: '\n' },
  vicuna: { prompt: '###Human: {} ###Assistant: ', endSymbol: '###' },
  llama2: { prompt: '[INST] {} [/INST] ', endSymbol: '</s>' },
};

function invalid(what: string): PromptError {
  return new PromptError(
    'TEMPLATE_INVALID',
    `trainingSegments: ${what}. Use one of trainingTemplates, or write {} where image and instruction go.`,
  );
}

/**
 * The two segments around a training image: nothing but BOS in stage 1; in stage 2 `instruction`, such as one of
 * {@link alignmentInstructions}, in its template, without a system text. An instruction that has a written-out place
 * for the image, as the lines of a prompt file have, is taken as it is. The description follows as a text of its own.
 *
 * @throws PromptError `TEMPLATE_INVALID` for a template with another number of `{}` than one, or without an instruction.
 */
export function trainingSegments({ prompt }: TrainingTemplate, instruction?: string): PromptSegments {
  if (prompt === '') return splitAtImages(imageSlot);
  const parts = prompt.split('{}');
  if (parts.length !== 2) throw invalid(`bad template, expected one {}, got ${JSON.stringify(prompt)}`);
  if (instruction === undefined) throw invalid(`no instruction, expected one for ${JSON.stringify(prompt)}, got none`);
  const line = instruction.includes(imageSlot) ? instruction : `<Img>${imageSlot}</Img> ${instruction}`;
  return splitAtImages(parts.join(line));
}

/** The prompt lines of a file such as prompts/alignment.txt: those with a place for an image, others are remarks. */
export function readPromptLines(text: string): string[] {
  return text.split(/\r\n|\r|\n/).filter(line => line.includes(imageSlot));
}
