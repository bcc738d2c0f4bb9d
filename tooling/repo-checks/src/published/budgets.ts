import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from '../failure.js';
import type { Repository, WorkspacePackage } from '../repository.js';
import { publishable, type Tarball } from './pack.js';

/** What a package weighs for those who install it, as last recorded. */
export interface Budget {
  /** Packages that its `dependencies` name, ours among them. */
  readonly dependencies: number;
  readonly unpackedBytes: number;
}

/** Budgets by name of the package. */
export type Budgets = Readonly<Record<string, Budget>>;

const file = 'tooling/repo-checks/budgets.json';
// a package may grow by a quarter before somebody has to say that it is worth it
const growth = 1.25;
// far below the record, the record is of another package
const shrinkage = 0.5;

/** Reads the budgets of a repository; none where there is no file. */
export function readBudgets(root: string): Budgets {
  const path = join(root, file);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Budgets) : {};
}

/** Writes what the packages weigh now. */
export function recordBudgets(root: string, tarballs: readonly Tarball[]): void {
  const budgets = tarballs.map(({ owner, unpackedBytes }) => [
    owner.name,
    { dependencies: dependencyCount(owner), unpackedBytes },
  ]);
  writeFileSync(join(root, file), `${JSON.stringify(Object.fromEntries(budgets), undefined, 2)}\n`);
}

/** No package has more dependencies than its budget, and every published package has one. */
export function checkDependencyCounts(repository: Repository): Failure[] {
  const budgets = readBudgets(repository.root);
  const owners = publishable(repository);
  const names = new Set(owners.map(({ name }) => name));
  const failures: Failure[] = Object.keys(budgets)
    .filter(name => !names.has(name))
    .map(name => ({ where: file, what: `${name} is not published`, fix: 'Remove its line' }));
  for (const owner of owners) {
    const budget = budgets[owner.name];
    const count = dependencyCount(owner);
    if (!budget) failures.push({ where: file, what: `${owner.name} has no budget`, fix: record });
    else if (count > budget.dependencies) {
      const what = `${count} dependencies, at most ${budget.dependencies} expected`;
      failures.push({ where: `${owner.folder}/package.json`, what, fix: `Do without, or ${change}` });
    }
  }
  return failures;
}

/** No package unpacks to much more, or much less, than its budget. */
export function checkSizes(tarballs: readonly Tarball[], budgets: Budgets): Failure[] {
  return tarballs.flatMap(({ owner, unpackedBytes }) => {
    const budget = budgets[owner.name];
    // one without a budget is reported by the check of the sources
    if (!budget) return [];
    const most = Math.round(budget.unpackedBytes * growth);
    const least = Math.round(budget.unpackedBytes * shrinkage);
    if (unpackedBytes >= least && unpackedBytes <= most) return [];
    const what = `${unpackedBytes} bytes unpacked, ${least} to ${most} expected`;
    return [{ where: `${owner.folder}/package.json`, what, fix: `Ship less, or ${change}` }];
  });
}

/** Packages that a package makes npm install, without theirs. */
export function dependencyCount({ manifest }: WorkspacePackage): number {
  return Object.keys(manifest.dependencies ?? {}).length;
}

const record = `Run npm run build, then node tooling/repo-checks/dist/main.js record`;
const change = `change ${file} and say why in the pull request`;
