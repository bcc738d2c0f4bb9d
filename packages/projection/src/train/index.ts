export { AdamW, type AdamWOptions, type AdamWState, type AdamWStep } from './adamw.js';
export {
  type BackendChoice,
  type BackendFailure,
  type BackendName,
  chooseBackend,
  type ImportModule,
  tensorflowVersion,
} from './backend.js';
export { linearWarmupCosine, type LinearWarmupCosineOptions } from './schedule.js';
export {
  type LossFunction,
  type OutputLoss,
  type TrainableParameter,
  TrainableProjection,
} from './trainable-projection.js';
