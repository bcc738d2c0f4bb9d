import { random } from '@minigpt4/core';
import type { PictureQuestion } from 'minigpt4';
import { type Observation, silent, yesOrNo } from '../observation.js';
import { type SetSurvey, textOf } from '../set-survey.js';
import type { EvaluationSettings } from '../evaluation-settings.js';
import type { Metric } from './metric.js';

/** How a yes-or-no question was answered: `unclear` where the answer begins with neither. */
export interface YesOrNoAnswer {
  /** POPE's reading: no if the first sentence denies anything, else yes. */
  readonly yes: boolean;
  readonly unclear: boolean;
}

/** The answers about what is in one picture and about what is not; undefined without a label. */
export type Probe = { readonly present: YesOrNoAnswer; readonly absent: YesOrNoAnswer } | undefined;

const denials = new Set(['no', 'not', "don't", "doesn't", "isn't", "aren't", 'cannot', "can't"]);

/** Reads an answer as POPE does (Li et al. 2023, "Evaluating Object Hallucination in Large Vision-Language Models"). */
export function readYesOrNo(answer: string): YesOrNoAnswer {
  const [sentence = ''] = answer.toLowerCase().split(/[.!?\n]/, 1);
  const words = sentence.match(/[\p{L}'’]+/gu)?.map(word => word.replaceAll('’', "'")) ?? [];
  return { yes: !words.some(word => denials.has(word)), unclear: words[0] !== 'yes' && words[0] !== 'no' };
}

/** The question with a thing in its place, as one says it: `a` before it becomes `an` where a vowel follows. */
export function questionAbout(template: string, label: string): string {
  const thing = label.toLowerCase().replaceAll('flag: ', 'flag of ');
  const fitting = /^[aeiou]/.test(thing) ? template.replaceAll(/\b(a) \{\}/gi, '$1n {}') : template;
  return fitting.replaceAll('{}', () => thing);
}

/** Whether the model sees things that are not there: for each picture one question about its label and one about another. */
export function popeMetric(
  settings: Pick<EvaluationSettings, 'pope' | 'named' | 'category' | 'seed'>,
  { groupOf }: Pick<SetSurvey, 'groupOf'>,
): Metric<Probe> {
  const { pope, named, category, seed } = settings;
  const labels = [...groupOf.keys()];

  /** Something else than what the sample shows and is described by. */
  function drawAbsent(metadata: Readonly<Record<string, unknown>>, position: number): string | undefined {
    const [own, group] = [textOf(metadata, named.labelKey), textOf(metadata, category.groupKey)];
    const said = JSON.stringify(metadata).toLowerCase();
    const order = random(seed + position).permutation(labels.length);
    const index = order.find(i => {
      const label = labels[i]!;
      const fits = pope.negatives === 'random' || groupOf.get(label) === group;
      return fits && label !== own && !said.includes(JSON.stringify(label.toLowerCase()));
    });
    return index === undefined ? undefined : labels[index];
  }

  return {
    name: 'pope',
    async measure(batch) {
      const questions: PictureQuestion[] = [];
      const asked = batch.samples.map(({ sample: { metadata }, position }, picture) => {
        const [present, absent] = [textOf(metadata, named.labelKey), drawAbsent(metadata, position)];
        if (present === '' || absent === undefined) return false;
        for (const label of [present, absent])
          questions.push({ picture, question: questionAbout(pope.question, label) });
        return true;
      });
      const answers = (await batch.askEach(questions, pope.maxNewTokens)).map(({ text }) => readYesOrNo(text));
      return asked.map(counts => (counts ? { present: answers.shift()!, absent: answers.shift()! } : undefined));
    },
    summarize: probes => {
      const of = (heard: (probe: NonNullable<Probe>) => number): Observation[] =>
        probes.map(probe => (probe ? { value: heard(probe), weight: 2 } : silent));
      const heard = probes.filter(probe => probe !== undefined);
      const hits = heard.filter(({ present }) => present.yes).length;
      const falseAlarms = heard.filter(({ absent }) => absent.yes).length;
      return {
        observations: {
          accuracy: of(({ present, absent }) => Number(present.yes) + Number(!absent.yes)),
          recall: probes.map(probe => (probe ? yesOrNo(probe.present.yes) : silent)),
          yesRatio: of(({ present, absent }) => Number(present.yes) + Number(absent.yes)),
          unclear: of(({ present, absent }) => Number(present.unclear) + Number(absent.unclear)),
        },
        others: {
          precision: hits + falseAlarms === 0 ? null : hits / (hits + falseAlarms),
          f1: heard.length === 0 ? null : (2 * hits) / (2 * hits + falseAlarms + (heard.length - hits)),
        },
      };
    },
  };
}
