import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from '../failure.js';
import { readBudgets } from '../published/budgets.js';
import type { Repository } from '../repository.js';
import { llmsText } from './llms-text.js';
import { packageTable } from './package-table.js';

const [begin, end] = ['<!-- packages:start -->', '<!-- packages:end -->'] as const;

/** What is generated in the documents is as the sources would have it now. */
export function checkGenerated(repository: Repository): Failure[] {
  const failures: Failure[] = [];
  for (const { path, before, after } of generated(repository)) {
    if (after === undefined) {
      failures.push({ where: path, what: `${begin} … ${end} missing`, fix: 'Put them where the table belongs' });
    } else if (before !== after) {
      failures.push({ where: path, what: 'not as the sources would have it', fix: 'Run npm run format' });
    }
  }
  return failures;
}

/** Writes what is generated. */
export function writeGenerated(repository: Repository): void {
  for (const { path, before, after } of generated(repository)) {
    if (after !== undefined && after !== before) writeFileSync(join(repository.root, path), after);
  }
}

interface Generated {
  readonly path: string;
  readonly before: string;
  /** Undefined where there is no place for it. */
  readonly after: string | undefined;
}

function generated(repository: Repository): Generated[] {
  const read = (path: string): string => {
    const file = join(repository.root, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  const readme = read('README.md');
  const [head, rest] = split(readme, begin);
  const [, tail] = split(rest ?? '', end);
  const table = packageTable(repository, readBudgets(repository.root));
  const filled = tail === undefined ? undefined : `${head}${begin}\n${table}\n${end}${tail}`;
  const llms = 'packages/minigpt4/llms.txt';
  return [
    { path: 'README.md', before: readme, after: filled },
    { path: llms, before: read(llms), after: llmsText(repository) },
  ];
}

function split(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}
