import { type Observation, silent, yesOrNo } from '../observation.js';
import { type SetSurvey, textOf } from '../set-survey.js';
import type { EvaluationSettings } from '../evaluation-settings.js';
import type { Metric } from './metric.js';
import { questionAbout, readYesOrNo } from './pope.js';

/** How one picture was talked about. */
export interface StyleOutcome {
  readonly endsWithStop: Observation;
  readonly repeats: Observation;
  readonly describes: Observation;
  readonly categorises: Observation;
  readonly answersYesOrNo: Observation;
}

const words = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [];

/** Whether a run of `order` words stands in a text twice. */
export function repeatsRun(text: string, order = 4): boolean {
  const all = words(text);
  const runs = Array.from({ length: Math.max(0, all.length - order + 1) }, (_, i) => all.slice(i, i + order).join(' '));
  return new Set(runs).size < runs.length;
}

/** Whether a text is a description: two sentences or more, each with a beginning and an end. */
export function isDescription(text: string): boolean {
  const sentences = text.match(/[^.!?]+[.!?]+/g) ?? [];
  const whole = sentences.join('').trim() === text.trim() && /^["'(]?\p{Lu}/u.test(text.trim());
  return whole && sentences.length >= 2 && sentences.every(sentence => words(sentence).length >= 2);
}

/**
 * How the model talks, whether it is right or not: what stage 2 is for (paper, section 3.2). `endsWithStop` and
 * `repeats` are about descriptions; an instruction is followed by a description of whole sentences, by one of the set's
 * groups when a category is asked for, and by yes or no when that is asked.
 */
export function styleMetric(
  settings: Pick<EvaluationSettings, 'description' | 'category' | 'pope' | 'named'>,
  { groups }: Pick<SetSurvey, 'groups'>,
): Metric<StyleOutcome> {
  const { description, category, pope, named } = settings;
  const known = groups.map(group => group.toLowerCase());

  return {
    name: 'style',
    async measure(batch) {
      const descriptions = await batch.ask(description);
      const categories = known.length === 0 ? undefined : await batch.ask(category);
      const labels = batch.samples.map(({ sample }) => textOf(sample.metadata, named.labelKey));
      const questions = labels.flatMap((label, picture) =>
        label === '' ? [] : [{ picture, question: questionAbout(pope.question, label) }],
      );
      const judged = await batch.askEach(questions, pope.maxNewTokens);
      return descriptions.map(({ text, finishReason }, i): StyleOutcome => {
        const group = categories?.[i]!.text.toLowerCase();
        return {
          endsWithStop: yesOrNo(finishReason === 'stop'),
          repeats: yesOrNo(repeatsRun(text)),
          describes: yesOrNo(finishReason === 'stop' && isDescription(text)),
          categorises: group === undefined ? silent : yesOrNo(known.some(name => group.includes(name))),
          answersYesOrNo: labels[i] === '' ? silent : yesOrNo(!readYesOrNo(judged.shift()!.text).unclear),
        };
      });
    },
    summarize: outcomes => {
      const of = (name: keyof StyleOutcome) => outcomes.map(outcome => outcome[name]);
      return {
        observations: {
          endsWithStop: of('endsWithStop'),
          repeats: of('repeats'),
          followsInstruction: outcomes.map(({ describes, categorises, answersYesOrNo }) =>
            total([describes, categorises, answersYesOrNo]),
          ),
          describes: of('describes'),
          categorises: of('categorises'),
          answersYesOrNo: of('answersYesOrNo'),
        },
      };
    },
  };
}

function total(observations: readonly Observation[]): Observation {
  return observations.reduce((sum, { value, weight }) => ({ value: sum.value + value, weight: sum.weight + weight }));
}
