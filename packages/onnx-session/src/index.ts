export { bindWeights, expectedTensors, type BindOptions, type BoundWeights } from './bind-weights.js';
export { engineVersion } from './engine-version.js';
export { quantizedCopy, type QuantizeOptions } from './quantize-weights.js';
export { createSession, Session, type NamedTensors, type SessionOptions } from './session.js';
export { weightsOnDisk } from './weights-on-disk.js';
export type { WeightStorage } from './weight-storage.js';
