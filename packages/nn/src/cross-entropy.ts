import type { Tensor } from '@minigpt4/onnx-graph';

/** Mean of −log softmax(logits)[target] over all rows: logits (rows, classes), targets int64 (rows) to a scalar. */
export function crossEntropy(logits: Tensor, targets: Tensor): Tensor {
  const logProbabilities = logits.logSoftmax().gatherElements(targets.unsqueeze(1), 1); // (rows, 1)
  return logProbabilities.mean([0, 1]).neg();
}
