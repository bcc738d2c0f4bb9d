export {
  compileChatTemplate,
  type ChatMessage,
  type ChatTemplateOptions,
  type RenderChat,
} from './compile-chat-template.js';
export { createTokenizerFromGguf } from './create-tokenizer.js';
export type { Metadata } from './metadata.js';
export { readLlamaConfigFromGguf } from './read-config.js';
export { nameFromGguf, rowOrderOfGguf } from './tensor-names.js';
