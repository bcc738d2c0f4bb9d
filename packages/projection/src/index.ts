export { initialProjection, type InitialProjectionOptions } from './init.js';
export { concatenatePatches, projection, type ProjectionConfig } from './projection.js';
export { readProjection, saveProjection, type ExpectedProjection } from './save.js';
export type { ProjectionWeights } from './weights.js';
