/** How the turns of a conversation become one text. A plain object: copy one and change what differs. */
export interface ChatTemplate {
  readonly name: string;
  /** Text at the very start, followed by the separator. */
  readonly system: string;
  /** Stands before what the user says. */
  readonly user: string;
  /** Stands before what the assistant said. */
  readonly assistant: string;
  /** Ends the prompt and lets the model speak. What `assistant` has more than this, the model says itself. */
  readonly assistantOpen: string;
  /** Closes the system text and every message. */
  readonly separator: string;
  /** Texts without white space that only the template may write: what users and the model said is kept from holding them. */
  readonly markers: readonly string[];
  /** Texts before which an answer ends. */
  readonly stop: readonly string[];
}

/** The system text of the original; its `<Img>ImageContent</Img>` is words, not a place for an image. */
const system =
  'Give the following image: <Img>ImageContent</Img>. You will be able to see the image once I provide it to you. Please answer my questions.';

/** What no template lets a user write: places of images, and the control tokens of LLaMA's tokenizer. */
const commonMarkers = ['<Img>', '</Img>', '<ImageHere>', '<s>', '</s>', '<unk>'];

const vicunaV1: ChatTemplate = {
  name: 'vicuna-v1',
  system,
  user: 'Human: ',
  assistant: 'Assistant: ',
  assistantOpen: 'Assistant:',
  separator: '###',
  markers: ['###', ...commonMarkers],
  stop: ['###'],
};

const llama2: ChatTemplate = {
  name: 'llama-2',
  system,
  user: '<s>[INST] ',
  assistant: ' [/INST] ',
  assistantOpen: ' [/INST] ',
  separator: '',
  markers: ['[INST]', '[/INST]', '<<SYS>>', '<</SYS>>', ...commonMarkers],
  stop: ['</s>'],
};

/**
 * The templates of the original (conversation.py).
 *
 * - `vicunaV1`: the first release's for Vicuna v0, the default: `###Human: …###Assistant: …`.
 * - `vicunaHead`: the latest release's for Vicuna v0 (CONV_VISION_Vicuna0): the prompt ends with a space.
 * - `llama2`: the latest release's for Llama-2-chat (CONV_VISION_LLama2): the system text stands before the first
 *   `[INST]`, and `<s>` is written out before every turn, besides the BOS of the first segment.
 * - `minigptV2`: MiniGPT-v2's (CONV_VISION_minigptv2): the same without a system text, so that it begins with two BOS,
 *   and without a space behind `[/INST]`.
 */
export const chatTemplates: Readonly<Record<'vicunaV1' | 'vicunaHead' | 'llama2' | 'minigptV2', ChatTemplate>> = {
  vicunaV1,
  vicunaHead: { ...vicunaV1, name: 'vicuna-head', assistantOpen: 'Assistant: ' },
  llama2,
  minigptV2: { ...llama2, name: 'minigpt-v2', system: '', assistant: ' [/INST]', assistantOpen: ' [/INST]' },
};
