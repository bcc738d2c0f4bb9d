export { weightsDirectory } from './weights-directory.js';
