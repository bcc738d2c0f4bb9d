import { llama, type Llama, type LlamaConfig } from '@minigpt4/llm-vicuna';
import { crossEntropy, Params } from '@minigpt4/nn';
import {
  addDims,
  gradients,
  graph,
  input,
  multiplyDims,
  type Graph,
  type Node,
  type Tensor,
} from '@minigpt4/onnx-graph';

/** The tensors of {@link captionLoss}. */
export interface CaptionLoss {
  /** Everything the language model reads: (batch, tokens, width). */
  readonly inputsEmbeds: Tensor;
  /** What each layer gives, and the final hidden states, all (batch, tokens, width). */
  readonly layers: readonly Tensor[];
  readonly hidden: Tensor;
  /** Scores of the token that follows, at the positions that have a target alone: (targets, vocabulary). */
  readonly logits: Tensor;
  /** Mean cross-entropy over the positions that have a target: a scalar. */
  readonly loss: Tensor;
}

/**
 * The loss of captions given their images, through the whole language model; logits exist only at positions that have
 * a target. `imageEmbeds` is (batch, image tokens, width); the other inputs are those of `captionInputs`.
 */
export function captionLoss(model: Llama, { width }: LlamaConfig, imageEmbeds: Tensor): CaptionLoss {
  const before = input('before', 'float32', ['batch', 'before', width]);
  const behind = input('behind', 'float32', ['batch', 'behind', width]);
  const tokens = addDims('before', imageEmbeds.shape[1]!, 'behind');
  const inputsEmbeds = before.concat([imageEmbeds, behind], 1);
  const { hidden, layers } = model.decode(inputsEmbeds, {
    positionIds: input('position_ids', 'int64', ['batch', tokens]),
    attentionBias: input('attention_bias', 'float32', ['batch', 1, tokens, tokens]),
  });
  const rows = hidden
    .reshape([multiplyDims('batch', tokens), width])
    .gather(input('target_rows', 'int64', ['targets']));
  const logits = model.head(rows);
  const loss = crossEntropy(logits, input('target_ids', 'int64', ['targets']));
  return { inputsEmbeds, layers, hidden, logits, loss };
}

/** Options of {@link captionLossGraph}. */
export interface CaptionLossOptions {
  /**
   * What the backward pass computes again instead of keeping it from the forward pass: the activation functions, which
   * costs next to nothing, or all but each layer's input, which takes the least memory and one forward pass more.
   * Defaults to `activations`.
   */
  readonly recompute?: 'activations' | 'layers';
}

/**
 * The caption loss and its gradient at the image embeddings, through the frozen language model: input `image_embeds`
 * (batch, image tokens, width) and those of `captionInputs`; outputs `loss` and `gradient` (as `image_embeds`).
 */
export function captionLossGraph(
  config: LlamaConfig,
  imageTokens: number,
  { recompute = 'activations' }: CaptionLossOptions = {},
): Graph {
  const imageEmbeds = input('image_embeds', 'float32', ['batch', imageTokens, config.width]);
  const { inputsEmbeds, layers, loss } = captionLoss(llama(Params.root(), config), config, imageEmbeds);
  const isMadeAgain = { activations: isActivation, layers: insideLayers([inputsEmbeds, ...layers]) }[recompute];
  const [gradient] = gradients(loss, [imageEmbeds], {
    recompute: ({ source }) => source.kind === 'node' && isMadeAgain(source.node),
  });
  return graph({ loss, gradient: gradient! });
}

function isActivation({ op }: Node): boolean {
  return op === 'QuickGelu';
}

/** Whether a node lies between the first and the last of `borders`, without being one of them. */
function insideLayers(borders: readonly Tensor[]): (node: Node) => boolean {
  const inside = new Set(graph({ last: borders.at(-1)! }).nodes);
  for (const { source } of borders) if (source.kind === 'node') inside.delete(source.node);
  return node => inside.has(node);
}

/**
 * The log-likelihood of each target of captions: inputs as {@link captionLossGraph}; output `log_likelihoods`
 * (targets), natural logarithms in the order of `target_ids`.
 */
export function captionScoresGraph(config: LlamaConfig, imageTokens: number): Graph {
  const imageEmbeds = input('image_embeds', 'float32', ['batch', imageTokens, config.width]);
  const { logits } = captionLoss(llama(Params.root(), config), config, imageEmbeds);
  const targets = input('target_ids', 'int64', ['targets']);
  return graph({ log_likelihoods: logits.logSoftmax().gatherElements(targets.unsqueeze(1), 1).squeeze(1) });
}
