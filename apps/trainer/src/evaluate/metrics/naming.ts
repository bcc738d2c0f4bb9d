import { isCategory, isNamed } from '@minigpt4/data-curation';
import { type Observation, silent, yesOrNo } from '../observation.js';
import { textOf } from '../set-survey.js';
import type { EvaluationSettings } from '../evaluation-settings.js';
import type { Metric } from './metric.js';

/** Whether the answer to "What is this?" names what the picture shows; samples without a label do not count. */
export function namedMetric({ named }: Pick<EvaluationSettings, 'named'>): Metric<Observation> {
  return {
    name: 'named',
    async measure(batch) {
      const answers = await batch.ask(named);
      return batch.samples.map(({ sample }, i) => {
        const label = textOf(sample.metadata, named.labelKey);
        return label === '' ? silent : yesOrNo(isNamed(label, answers[i]!.text));
      });
    },
    summarize: outcomes => ({ observations: { '': outcomes } }),
  };
}

/** Whether the answer to "What category is it?" holds the picture's group; samples without one do not count. */
export function categoryMetric({ category }: Pick<EvaluationSettings, 'category'>): Metric<Observation> {
  return {
    name: 'category',
    async measure(batch) {
      const answers = await batch.ask(category);
      return batch.samples.map(({ sample }, i) => {
        const group = textOf(sample.metadata, category.groupKey);
        return group === '' ? silent : yesOrNo(isCategory(group, answers[i]!.text));
      });
    },
    summarize: outcomes => ({ observations: { '': outcomes } }),
  };
}
