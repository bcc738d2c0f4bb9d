export { type ChatTemplate, chatTemplates } from './chat-template.js';
export { cleanAnswer } from './clean-answer.js';
export { addImage, appendAssistant, ask, type Conversation, createConversation, type Message } from './conversation.js';
export { dropOldestTurn } from './drop-oldest-turn.js';
export { escapeMarkers } from './markers.js';
export { PromptError } from './prompt-error.js';
export { imageSlot, type PromptSegments, splitAtImages, toSegments } from './segments.js';
export {
  alignmentInstructions,
  readPromptLines,
  trainingSegments,
  type TrainingTemplate,
  trainingTemplates,
} from './training-prompts.js';
