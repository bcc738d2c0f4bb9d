export { diagnose, type DiagnoseOptions } from './diagnose.js';
export type { Diagnosis, Finding, FindingLevel, LanguageModelIdentity } from './diagnosis.js';
export type { MemoryEstimate } from './memory-estimate.js';
