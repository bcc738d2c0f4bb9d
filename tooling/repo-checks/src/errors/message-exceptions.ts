const inArgument = 'what the function is given holds the rest of the message';
const stateAlone = 'the state that was found is the first half of the message, so that there is nothing more to be got';

/**
 * Messages that do not hold all parts as text in their own place, by package and code, and why. A code that is not
 * literal there stands as `a computed code`.
 */
export const messageExceptions: Readonly<Record<string, string>> = {
  '@minigpt4/checkpoint CHECKPOINT_CORRUPT': inArgument,
  '@minigpt4/data-curation BAD_DATASET': inArgument,
  '@minigpt4/data-curation a computed code': inArgument,
  '@minigpt4/engine a computed code': 'the error of another process, made again with its own message',
  '@minigpt4/llm-vicuna CACHE_MISUSE': inArgument,
  '@minigpt4/llm-vicuna TEMPLATE_INVALID': inArgument,
  '@minigpt4/llm-vicuna TOKENIZER_INVALID': inArgument,
  '@minigpt4/llm-vicuna a computed code': inArgument,
  '@minigpt4/onnx-graph NO_GRADIENT': inArgument,
  '@minigpt4/projection CHECKPOINT_MISMATCH': inArgument,
  '@minigpt4/prompt-templates TEMPLATE_INVALID': inArgument,
  '@minigpt4/chat BAD_REQUEST': inArgument,
  '@minigpt4/chat CONFLICTING_FLAGS': inArgument,
  '@minigpt4/chat a computed code': inArgument,
  '@minigpt4/trainer CONFIG_INVALID': 'each of the problems that it lists holds both',
  '@minigpt4/trainer RESUME_MISMATCH': 'each of the differences that it lists holds both',

  '@minigpt4/data-curation DATASET_UNREADABLE': stateAlone,
  '@minigpt4/data-curation DATASET_NOT_FOUND': stateAlone,
  '@minigpt4/data-curation OUTPUT_EXISTS': stateAlone,
  '@minigpt4/engine CHAT_BUSY': stateAlone,
  '@minigpt4/engine CHAT_DISPOSED': stateAlone,
  '@minigpt4/engine ENGINE_DISPOSED': stateAlone,
  '@minigpt4/engine ENGINE_STOPPED': stateAlone,
  '@minigpt4/llm-vicuna FILE_UNREADABLE': stateAlone,
  'minigpt4 CHAT_BUSY': stateAlone,
  'minigpt4 CHAT_DISPOSED': stateAlone,
  '@minigpt4/onnx-session ENGINE_FAILED': 'the engine says what it expected and got',
  '@minigpt4/onnx-session SESSION_DISPOSED': stateAlone,
  '@minigpt4/chat NOT_FOUND': stateAlone,
  '@minigpt4/trainer CONFIG_UNSUPPORTED': stateAlone,
  '@minigpt4/trainer FEATURES_MISSING': stateAlone,
  '@minigpt4/trainer INTERRUPTED': stateAlone,
};
