export { loadLanguageTokenizer, openLanguageWeights, readLanguageConfig } from './language-files.js';
export { loadLanguageModel, type LanguageModelLoadOptions, type LoadedLanguageModel } from './load-language-model.js';
