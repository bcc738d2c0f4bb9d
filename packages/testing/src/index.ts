export { expectClose, largestDifference, type Difference, type Tolerance } from './expect-close.js';
export { sharedPath } from './shared-path.js';
