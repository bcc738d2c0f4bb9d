import { type Command, InvalidArgumentError, Option } from 'commander';
import { wholeNumber } from '../command-line/parse-values.js';
import {
  defaultSettings,
  type EvaluationSettings,
  type MetricName,
  metricNames,
} from '../evaluate/evaluation-settings.js';

/** Flags of `evaluate`. */
export interface EvaluateFlags {
  readonly model: string;
  readonly data?: readonly string[];
  readonly languageModel?: string;
  readonly projection?: string;
  readonly metrics: readonly MetricName[];
  readonly question: string;
  readonly maxNewTokens: number;
  readonly labelKey: string;
  readonly categoryQuestion: string;
  readonly categoryMaxNewTokens: number;
  readonly groupKey: string;
  readonly caption: EvaluationSettings['caption'];
  readonly maxTextLength?: number;
  readonly candidates: number;
  readonly retrievalScore: EvaluationSettings['retrieval']['score'];
  readonly descriptionQuestion: string;
  readonly descriptionMaxNewTokens: number;
  readonly popeQuestion: string;
  readonly popeMaxNewTokens: number;
  readonly popeNegatives: EvaluationSettings['pope']['negatives'];
  readonly seed: number;
  readonly limit?: number;
  readonly batch?: number;
  readonly threads?: number;
  readonly abilities?: true;
  readonly image?: readonly string[];
  readonly against?: string;
  readonly output?: string;
  readonly result?: string;
  readonly compare?: string;
  readonly json?: true;
  readonly quiet?: true;
}

const { named, category, caption, retrieval, description, pope, seed, metrics } = defaultSettings;

/** Adds the flags of {@link EvaluateFlags} to a command. */
export function addEvaluateOptions(command: Command): Command {
  return command
    .option(
      '--data <path...>',
      'tars, folders or lists of pictures with captions (default: the test sets of "data emoji")',
    )
    .option('--model <name|folder>', 'the frozen parts', 'tiny')
    .option('--language-model <file|folder>', "a language model in place of the model's own: GGUF or Hugging Face")
    .option('--projection <file>', "folder of a run, or a .safetensors or .pth file (default: the model's own)")
    .addOption(
      new Option('--metrics <list>', `what to measure: ${metricNames.join(',')}`)
        .argParser(metricList)
        .default(metrics, metrics.join(',')),
    )
    .option('--limit <n>', 'only the first samples; with --abilities 4 unless given', wholeNumber(1))
    .option(
      '--output <file>',
      'also keep the result, single answers included, in a .json; abilities in a .html as well',
    )
    .option('--compare <file>', 'an earlier result to show the differences from')
    .option('--result <file>', 'an earlier result to show or compare, instead of evaluating')
    .option('--question <text>', 'for named', named.question)
    .option('--max-new-tokens <n>', 'longest answer to it', wholeNumber(1), named.maxNewTokens)
    .option('--label-key <name>', 'what a label is called in the data', named.labelKey)
    .option('--category-question <text>', 'for category', category.question)
    .option('--category-max-new-tokens <n>', 'longest answer to it', wholeNumber(1), category.maxNewTokens)
    .option('--group-key <name>', 'what a group is called in the data', category.groupKey)
    .addOption(
      new Option('--caption <rule>', 'for captionLoss and retrieval: how captions are cleaned')
        .choices(['blip', 'verbatim'])
        .default(caption),
    )
    .option('--max-text-length <n>', "tokens of a caption that count (default: the model's)", wholeNumber(1))
    .option('--candidates <n>', 'for retrieval: captions to choose from', wholeNumber(2), retrieval.candidates)
    .addOption(
      new Option('--retrieval-score <how>', 'log-likelihood of all tokens, or of one on average')
        .choices(['sum', 'mean'])
        .default(retrieval.score),
    )
    .option('--description-question <text>', 'for captions and style', description.question)
    .option('--description-max-new-tokens <n>', 'longest answer to it', wholeNumber(1), description.maxNewTokens)
    .option('--pope-question <text>', 'for pope and style, {} for the thing', withPlace, pope.question)
    .option('--pope-max-new-tokens <n>', 'longest answer to it', wholeNumber(1), pope.maxNewTokens)
    .addOption(
      new Option('--pope-negatives <which>', 'any other label, or one of the same group')
        .choices(['random', 'adversarial'])
        .default(pope.negatives),
    )
    .option('--seed <n>', 'decides about candidates and about what is not there', wholeNumber(0), seed)
    .addOption(
      new Option('--abilities', "what the paper's section 4 shows, for people to look at").conflicts([
        'compare',
        'result',
        'metrics',
      ]),
    )
    .option('--image <file...>', 'pictures for --abilities (default: the first of --data)')
    .option('--against <file>', 'a second projection beside the first, for --abilities')
    .option('--batch <n>', 'pictures side by side (default: what fits into a gigabyte)', wholeNumber(1))
    .option('--threads <n>', 'CPU threads of the engine', wholeNumber(1))
    .option('--json', 'print one JSON object')
    .option('--quiet', 'no progress');
}

/** The settings that flags ask for. */
export function settingsFrom(flags: EvaluateFlags): EvaluationSettings {
  return {
    metrics: flags.metrics,
    named: { question: flags.question, maxNewTokens: flags.maxNewTokens, labelKey: flags.labelKey },
    category: {
      question: flags.categoryQuestion,
      maxNewTokens: flags.categoryMaxNewTokens,
      groupKey: flags.groupKey,
    },
    caption: flags.caption,
    maxTextLength: flags.maxTextLength ?? null,
    retrieval: { candidates: flags.candidates, score: flags.retrievalScore },
    description: { question: flags.descriptionQuestion, maxNewTokens: flags.descriptionMaxNewTokens },
    pope: { question: flags.popeQuestion, maxNewTokens: flags.popeMaxNewTokens, negatives: flags.popeNegatives },
    seed: flags.seed,
    limit: flags.limit ?? null,
  };
}

function metricList(text: string): readonly MetricName[] {
  const names = text.split(',').map(name => name.trim());
  const wrong = names.find(name => !metricNames.some(known => known === name));
  if (wrong !== undefined) throw new InvalidArgumentError(`Expected some of ${metricNames.join(',')}, got "${wrong}".`);
  // in the order of the list, whatever was typed
  return metricNames.filter(name => names.includes(name));
}

function withPlace(text: string): string {
  if (text.includes('{}')) return text;
  throw new InvalidArgumentError('Expected a question with {} where the thing goes.');
}
