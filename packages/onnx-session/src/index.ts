export { bindWeights, expectedTensors, type BoundWeights } from './bind-weights.js';
export { engineVersion } from './engine-version.js';
export { createSession, Session, type NamedTensors, type SessionOptions } from './session.js';
export { weightsOnDisk } from './weights-on-disk.js';
