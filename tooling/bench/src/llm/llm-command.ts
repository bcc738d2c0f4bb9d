import { chosenNames } from '../chosen-names.js';
import { processor, processorLine } from '../cpu-features.js';
import { torchVersion } from '../peer.js';
import { peerVersion } from '../peers/peer-packages.js';
import { withScratchFolder } from '../scratch-folder.js';
import { languageRows, type LanguageRow } from './language-runs.js';
import { heading, languageTableRow, pathsLine } from './language-table.js';
import { languageVariants } from './language-variants.js';

/** Options of {@link llmCommand}. */
export interface LlmOptions {
  /** Presets of sizes, with commas between. */
  readonly shapes: string;
  /** Keeps only this many layers. */
  readonly layers?: number;
  /** Names of the ways that ours keeps its weights, with commas between. */
  readonly variants: string;
  /** Tokens of the prompt. */
  readonly prompt: number;
  /** Tokens generated after it. */
  readonly tokens: number;
  /** Times that each variant is run, in turn with llama.cpp. */
  readonly rounds: number;
  /** Threads inside one operation, for all sides. */
  readonly threads: number;
  /** The Python to look for PyTorch in. */
  readonly python: string;
  /** Prints one JSON object instead of a table. */
  readonly json: boolean;
}

/** Load time, prefill, decode and memory of a language model of random weights, beside llama.cpp, transformers.js and PyTorch where they are installed. */
export async function llmCommand(options: LlmOptions): Promise<void> {
  const { threads, prompt: promptTokens, tokens: newTokens, rounds, layers, json } = options;
  const variants = chosenNames('bench llm', languageVariants, options.variants);
  const print = (text: string) => json || process.stdout.write(`${text}\n`);
  const cpu = await processor();
  const [llamaCpp, transformers] = await Promise.all([
    peerVersion('node-llama-cpp'),
    peerVersion('@huggingface/transformers'),
  ]);
  const torch = await torchVersion(options.python);
  const python = torch === undefined ? undefined : options.python;
  if (llamaCpp === undefined) process.stderr.write('node-llama-cpp is not installed (bench peers): no comparison\n');
  print(`${processorLine(cpu)}, ${threads} threads`);
  if (torch === undefined) process.stderr.write(`PyTorch is not installed for "${options.python}": no comparison\n`);
  const peers = { 'node-llama-cpp': llamaCpp, 'transformers.js': transformers, torch };
  const named = Object.entries(peers).map(([name, found]) => (found === undefined ? '' : `; ${name} ${found}`));
  print(`prompt of ${promptTokens}, then ${newTokens}${named.join('')}`);
  const rows: LanguageRow[] = [];
  for (const shape of options.shapes.split(',')) {
    print(`\n${shape}${layers === undefined ? '' : `, ${layers} layers`}\n${heading}`);
    await withScratchFolder(undefined, async folder => {
      const places = { shape, folder, threads, variants, rounds, promptTokens, newTokens, python };
      const runs = {
        ...places,
        llamaCpp: llamaCpp !== undefined,
        transformers: transformers !== undefined,
        ...(layers === undefined ? {} : { layers }),
      };
      for await (const row of languageRows(runs)) {
        rows.push(row);
        print(languageTableRow(row));
        if (row.paths !== undefined) print(`  ${pathsLine(row.paths)}`);
      }
    });
  }
  if (json) process.stdout.write(`${JSON.stringify({ processor: cpu, threads, peers, rows })}\n`);
}
