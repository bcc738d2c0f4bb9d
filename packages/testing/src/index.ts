export { expectClose, largestDifference, type Difference, type Tolerance } from './expect-close.js';
export { randomTensors } from './random-tensors.js';
export { sharedPath } from './shared-path.js';
