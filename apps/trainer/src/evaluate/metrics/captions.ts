import { bleu, cider, type JudgedCaption } from '@minigpt4/data-curation';
import { silent } from '../observation.js';
import type { EvaluationSettings } from '../evaluation-settings.js';
import type { Metric } from './metric.js';

/** CIDEr-D and BLEU of descriptions against the samples' own captions; samples without one do not count. */
export function captionsMetric({
  description,
}: Pick<EvaluationSettings, 'description'>): Metric<JudgedCaption | undefined> {
  return {
    name: 'captions',
    async measure(batch) {
      const answers = await batch.ask(description);
      return batch.samples.map(({ sample: { caption } }, i) =>
        caption.trim() === '' ? undefined : { candidate: answers[i]!.text, references: [caption] },
      );
    },
    summarize: outcomes => {
      const judged = outcomes.filter(outcome => outcome !== undefined);
      const { scores } = cider(judged);
      const { score, precisions, brevityPenalty } = bleu(judged);
      let next = 0;
      return {
        observations: {
          cider: outcomes.map(outcome => (outcome ? { value: scores[next++]!, weight: 1 } : silent)),
        },
        others: { bleu4: score, bleu1: brevityPenalty * precisions[0]!, brevityPenalty },
      };
    },
  };
}
