export type { Checkpoint, TensorInfo, TensorLocation } from './checkpoint.js';
export type { GgufValue } from './gguf/header-cursor.js';
export { readGgufMetadata } from './gguf/open-gguf.js';
export type { GgufMetadata } from './gguf/parse-header.js';
export { checkpointLimits, type CheckpointLimits } from './limits.js';
export { merged } from './merged.js';
export { openCheckpoint, type OpenCheckpointOptions } from './open-checkpoint.js';
export { renamed } from './renamed.js';
export { reordered, type RowOrder } from './reordered.js';
export { type PendingTensor, writeSafetensors } from './safetensors/write-safetensors.js';
export { writeTorchCheckpoint } from './torch/write-torch-checkpoint.js';
export {
  CheckpointMismatchError,
  type ExpectedTensor,
  type ShapeMismatch,
  verifyCheckpoint,
  type VerifyOptions,
} from './verify-checkpoint.js';
