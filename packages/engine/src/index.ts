export { Engine, type EngineOptions, type EngineStatus } from './engine.js';
export { EngineChat } from './engine-chat.js';
export { EngineCrashedError } from './engine-crashed-error.js';
export type { EngineLoadOptions } from './messages/messages.js';
export { startEngine } from './start-engine.js';
