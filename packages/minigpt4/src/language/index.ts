export { loadLanguageTokenizer, openLanguageWeights, readChatTemplate, readLanguageConfig } from './language-files.js';
export { loadLanguageModel, type LanguageModelLoadOptions, type LoadedLanguageModel } from './load-language-model.js';
export { renderedFormat, templateFormat, type PromptFormat } from './prompt-format.js';
export { describePaths, type LanguagePaths } from '../sessions/language-paths.js';
