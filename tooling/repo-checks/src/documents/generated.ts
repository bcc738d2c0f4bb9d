import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorsPage } from '../errors/errors-page.js';
import type { Failure } from '../failure.js';
import { readBudgets } from '../published/budgets.js';
import { publishable } from '../published/pack.js';
import type { Repository } from '../repository.js';
import { apiPage } from './api-page.js';
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
  return [...failures, ...checkLinks(repository)];
}

/** The README of each package with a page of its exports leads there. */
function checkLinks(repository: Repository): Failure[] {
  return publishable(repository)
    .filter(owner => apiPage(owner) !== undefined)
    .map(({ folder }) => `${folder}/README.md`)
    .filter(path => !contentOf(repository, path).includes('](API.md)'))
    .map(where => ({ where, what: 'no link to API.md', fix: 'Put one at its foot' }));
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
  const read = (path: string): string => contentOf(repository, path);
  const readme = read('README.md');
  const [head, rest] = split(readme, begin);
  const [, tail] = split(rest ?? '', end);
  const table = packageTable(repository, readBudgets(repository.root));
  const filled = tail === undefined ? undefined : `${head}${begin}\n${table}\n${end}${tail}`;
  const llms = 'packages/minigpt4/llms.txt';
  const errors = 'packages/core/ERRORS.md';
  return [
    { path: 'README.md', before: readme, after: filled },
    { path: llms, before: read(llms), after: llmsText(repository) },
    { path: errors, before: read(errors), after: errorsPage(repository) },
    ...publishable(repository).flatMap(owner => {
      const path = `${owner.folder}/API.md`;
      const after = apiPage(owner);
      return after === undefined ? [] : [{ path, before: read(path), after }];
    }),
  ];
}

function contentOf({ root }: Repository, path: string): string {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function split(text: string, mark: string): [string, string?] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + mark.length)];
}
