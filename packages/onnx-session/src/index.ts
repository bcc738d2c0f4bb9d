export { bindWeights, expectedTensors, type BindOptions, type BoundWeights } from './bind-weights.js';
export { engineVersion } from './engine-version.js';
export type { Device } from './open-engine.js';
export { quantizedCopy, type QuantizeOptions } from './storage/quantize-weights.js';
export { createSession, Session, type NamedTensors, type SessionOptions } from './session.js';
export { timeProduct, type InferenceStorage, type ProductShape } from './storage/time-product.js';
export { weightsOnDisk } from './weights-on-disk.js';
export type { WeightStorage } from './storage/weight-storage.js';
