/** What an alarm is about, as a literal to branch on. */
export type AlarmCode =
  | 'UNIFORM_LOSS'
  | 'LOSS_NOT_FINITE'
  | 'GRADIENT_NOT_FINITE'
  | 'EMPTY_LABELS'
  | 'DATA_WAIT'
  | 'EMBEDDING_SIZE'
  | 'QUERIES_COLLAPSED';

/** Something that is most likely wrong although training goes on. */
export interface Alarm {
  readonly code: AlarmCode;
  /** The step it was raised after, 0 before the first. */
  readonly step: number;
  /** One sentence with the numbers and what to do. */
  readonly message: string;
}

/** What one training step looked like. */
export interface StepFacts {
  /** Counted from 1. */
  readonly step: number;
  readonly loss: number;
  readonly gradientNorm: number;
  readonly samples: number;
  /** Samples with nothing to learn but the end symbol. */
  readonly emptySamples: number;
  /** Milliseconds spent waiting for data. */
  readonly dataWaitMs: number;
  /** Milliseconds of the whole step. */
  readonly stepMs: number;
}

/** Where alarms are raised, each number with its reason. */
export const alarmLimits = {
  /** Steps that a loss at ln V must last: a random model passes through it within a few. */
  uniformSteps: 50,
  /** Largest distance from ln V, as a share of it: half precision rounds to a thousandth. */
  uniformDistance: 0.005,
  /** Share of samples without a text from which on something eats the captions. */
  emptyShare: 0.05,
  /** Samples before that share means something. */
  emptySamples: 200,
  /** Share of the time that may be spent waiting for data. */
  waitShare: 0.3,
  /** Steps that share is taken over. */
  waitSteps: 50,
  /** Largest |projected| / |word embedding|, measured on the tiny family: beyond it nothing was learned. */
  embeddingRatio: 5,
  /** Largest mean cosine between the queries' deviations: beyond it queries had collapsed. */
  querySimilarity: 0.8,
} as const;

/** Watches a run and raises each alarm once. */
export class Alarms {
  readonly #raised = new Map<AlarmCode, Alarm>();
  #uniformSteps = 0;
  #samples = 0;
  #emptySamples = 0;
  #waits: { readonly waitMs: number; readonly stepMs: number }[] = [];

  /**
   * @param vocabularySize V of ln V, the loss of a model that knows nothing
   * @param onAlarm is told of each new alarm
   * @param raised those of the part of the run before a resume, which are not raised again
   */
  constructor(
    private readonly vocabularySize: number,
    private readonly onAlarm: (alarm: Alarm) => void,
    raised: readonly Alarm[] = [],
  ) {
    for (const alarm of raised) this.#raised.set(alarm.code, alarm);
  }

  /** All alarms so far, in order. */
  get raised(): readonly Alarm[] {
    return [...this.#raised.values()];
  }

  /** Looks at a step that is done. */
  afterStep(facts: StepFacts): void {
    this.#checkFinite(facts);
    this.#checkUniform(facts);
    this.#checkLabels(facts);
    this.#checkWait(facts);
  }

  /** Looks at the sizes of what the language model is given, and of what it is used to. */
  checkEmbeddingRatio(step: number, ratio: number): void {
    const { embeddingRatio } = alarmLimits;
    if (ratio <= embeddingRatio) return;
    const message = `projected images are ${ratio.toFixed(1)} times as large as word embeddings, expected at most ${embeddingRatio}. Lower the learning rate, or start from smaller weights.`;
    this.#raise({ code: 'EMBEDDING_SIZE', step, message });
  }

  /** Looks at how alike the queries are. */
  checkQuerySimilarity(step: number, similarity: number): void {
    const { querySimilarity } = alarmLimits;
    if (similarity <= querySimilarity) return;
    const message = `the queries of a picture say nearly the same (mean cosine ${similarity.toFixed(3)}, expected at most ${querySimilarity}). Check the Q-Former's weights: training cannot cure this.`;
    this.#raise({ code: 'QUERIES_COLLAPSED', step, message });
  }

  #checkFinite({ step, loss, gradientNorm }: StepFacts): void {
    const fix = 'The step was skipped. Lower the learning rate, and check the model files.';
    if (!Number.isFinite(loss)) {
      this.#raise({ code: 'LOSS_NOT_FINITE', step, message: `the loss is ${loss}, expected a number. ${fix}` });
    } else if (!Number.isFinite(gradientNorm)) {
      const message = `the gradient's norm is ${gradientNorm}, expected a number. ${fix}`;
      this.#raise({ code: 'GRADIENT_NOT_FINITE', step, message });
    }
  }

  #checkUniform({ step, loss }: StepFacts): void {
    const { uniformSteps, uniformDistance } = alarmLimits;
    const uniform = Math.log(this.vocabularySize);
    this.#uniformSteps = Math.abs(loss - uniform) <= uniformDistance * uniform ? this.#uniformSteps + 1 : 0;
    if (this.#uniformSteps < uniformSteps) return;
    const message = `the loss has stayed at ln ${this.vocabularySize} = ${uniform.toFixed(3)} for ${uniformSteps} steps: every token is as likely as any other. The language model is not the one expected; check its files.`;
    this.#raise({ code: 'UNIFORM_LOSS', step, message });
  }

  #checkLabels({ step, samples, emptySamples }: StepFacts): void {
    this.#samples += samples;
    this.#emptySamples += emptySamples;
    const share = this.#emptySamples / this.#samples;
    if (this.#samples < alarmLimits.emptySamples || share <= alarmLimits.emptyShare) return;
    const message = `${percent(share)} of the samples have no text to learn, expected at most ${percent(alarmLimits.emptyShare)}. Check the captions, and datasets.caption: "blip" takes punctuation out.`;
    this.#raise({ code: 'EMPTY_LABELS', step, message });
  }

  #checkWait({ step, dataWaitMs, stepMs }: StepFacts): void {
    const { waitSteps, waitShare } = alarmLimits;
    this.#waits = [...this.#waits, { waitMs: dataWaitMs, stepMs }].slice(-waitSteps);
    if (this.#waits.length < waitSteps) return;
    const sum = (pick: 'waitMs' | 'stepMs') => this.#waits.reduce((total, wait) => total + wait[pick], 0);
    const share = sum('waitMs') / sum('stepMs');
    if (share <= waitShare) return;
    const message = `${percent(share)} of the time is spent waiting for data, expected at most ${percent(waitShare)}. Use cached features (no --augment, no --no-cache), or a faster disk.`;
    this.#raise({ code: 'DATA_WAIT', step, message });
  }

  #raise(alarm: Alarm): void {
    if (this.#raised.has(alarm.code)) return;
    this.#raised.set(alarm.code, alarm);
    this.onAlarm(alarm);
  }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
