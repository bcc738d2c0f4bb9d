import { isCategory, isNamed, openDataset } from '@minigpt4/data-curation';
import { decodeImage, loadMiniGPT4, type LoadOptions } from 'minigpt4';

/** Options of {@link namingCommand}. */
export interface NamingOptions {
  /** Preset or model directory. */
  readonly model: string;
  /** Another projection than the model's own. */
  readonly projection?: string;
  /** WebDataset shards. */
  readonly data: readonly string[];
  /** Bits of the language model's weights. Defaults to as they are stored. */
  readonly language?: NonNullable<LoadOptions['quantize']>['language'];
  /** Bits of the vision encoder's, Q-Former's and projection's weights. Defaults to as they are stored. */
  readonly vision?: NonNullable<LoadOptions['quantize']>['vision'];
  /** Only this many samples. */
  readonly limit?: number;
  /** Prints one JSON object. */
  readonly json: boolean;
}

/** The tiny model's question and limit, and how an answer is judged, by its README. */
const naming = { question: 'What is this?', maxNewTokens: 20 };
const category = { question: 'What category is it?', maxNewTokens: 16 };

/** Asks what is in every picture and prints the fractions named and put in the right category. */
export async function namingCommand(options: NamingOptions): Promise<void> {
  const { model: source, projection, language = 'none', vision = 'none', data, limit, json } = options;
  const quantize = { language, vision };
  await using model = await loadMiniGPT4(source, { quantize, ...(projection && { projection }) });
  const count = { n: 0, named: 0, category: 0 };
  for await (const sample of (await openDataset(data)).samples()) {
    if (count.n === limit) break;
    const image = await model.encodeImage(await decodeImage(sample.image));
    const [name, group] = [String(sample.metadata.label), String(sample.metadata.group)];
    const named = await model.answer(image, naming.question, { maxNewTokens: naming.maxNewTokens });
    const grouped = await model.answer(image, category.question, { maxNewTokens: category.maxNewTokens });
    count.n++;
    count.named += Number(isNamed(name, named.text));
    count.category += Number(isCategory(group, grouped.text));
    if (count.n % 100 === 0) process.stderr.write(`${count.n} pictures, ${count.named} named\n`);
  }
  const result = { model: model.name, n: count.n, named: count.named / count.n, category: count.category / count.n };
  process.stdout.write(
    json
      ? `${JSON.stringify(result)}\n`
      : `${result.n} pictures: named ${result.named.toFixed(4)}, category ${result.category.toFixed(4)}\n`,
  );
}
