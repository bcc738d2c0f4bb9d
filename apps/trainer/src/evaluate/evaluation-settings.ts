/** The groups of figures that can be measured. */
export const metricNames = ['named', 'category', 'captionLoss', 'retrieval', 'captions', 'pope', 'style'] as const;

/** A group of figures. */
export type MetricName = (typeof metricNames)[number];

/** A question to every picture. */
export interface QuestionSettings {
  readonly question: string;
  /** Most tokens of an answer. */
  readonly maxNewTokens: number;
}

/** Everything that decides what an evaluation measures; it goes into the result as it is. */
export interface EvaluationSettings {
  readonly metrics: readonly MetricName[];
  /** What a picture shows; right when its label stands in the answer. */
  readonly named: QuestionSettings & { readonly labelKey: string };
  /** What it belongs to; right when its group stands in the answer. */
  readonly category: QuestionSettings & { readonly groupKey: string };
  /** How captions are cleaned before they are scored: `blip` as stage 1 does, or `verbatim`. */
  readonly caption: 'blip' | 'verbatim';
  /** Tokens of a caption that count, end symbol included; null for the model's own limit of stage 1. */
  readonly maxTextLength: number | null;
  readonly retrieval: {
    /** Captions to choose from, the true one included. */
    readonly candidates: number;
    /** Whether the log-likelihood of a caption is summed over its tokens or their mean. */
    readonly score: 'sum' | 'mean';
  };
  /** What descriptions are asked by, for `captions` and `style`. */
  readonly description: QuestionSettings;
  readonly pope: QuestionSettings & {
    /** What is asked for that is not there: any other label of the set, or one of the same group. */
    readonly negatives: 'random' | 'adversarial';
  };
  /** Seed of the draws of candidates and of things that are not there. */
  readonly seed: number;
  /** Only this many samples, from the start; null for all. */
  readonly limit: number | null;
}

/** The prompts and limits of the tiny model's reference figures, and of POPE. */
export const defaultSettings: EvaluationSettings = {
  metrics: ['named', 'category', 'captionLoss'],
  named: { question: 'What is this?', maxNewTokens: 20, labelKey: 'label' },
  category: { question: 'What category is it?', maxNewTokens: 16, groupKey: 'group' },
  caption: 'blip',
  maxTextLength: null,
  // the sum would prefer short captions
  retrieval: { candidates: 20, score: 'mean' },
  description: { question: 'Describe this image in detail.', maxNewTokens: 160 },
  pope: { question: 'Is there a {} in the image?', maxNewTokens: 10, negatives: 'random' },
  seed: 0,
  limit: null,
};
