import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failuresLater, failuresOf, type Files } from '../__fixtures__/failures-of.js';
import type { Repository } from '../repository.js';
import { checkDependencyCounts, checkSizes, readBudgets, recordBudgets } from './budgets.js';

const budgets = 'tooling/repo-checks/budgets.json';

const good: Files = {
  [budgets]: { '@minigpt4/core': { dependencies: 1, unpackedBytes: 1000 } },
  'packages/core/package.json': { name: '@minigpt4/core', dependencies: { 'pure-rand': '*' } },
  'packages/testing/package.json': { name: '@minigpt4/testing', private: true },
};

const sizes =
  (unpackedBytes: number) =>
  ({ root, packages }: Repository) =>
    checkSizes([{ owner: packages[0]!, path: '', unpackedBytes }], readBudgets(root));

describe('checkDependencyCounts', () => {
  it('accepts what is within the budget', () => {
    expect(failuresOf(checkDependencyCounts, good)).toEqual([]);
  });

  it('reports one dependency too many', () => {
    const manifest = { name: '@minigpt4/core', dependencies: { 'pure-rand': '*', sharp: '*' } };
    expect(failuresOf(checkDependencyCounts, { ...good, 'packages/core/package.json': manifest })).toEqual([
      'packages/core/package.json: 2 dependencies, at most 1 expected. Do without, or change tooling/repo-checks/budgets.json and say why in the pull request.',
    ]);
  });

  it('reports a package without a budget, and a budget without a package', () => {
    const failures = failuresOf(checkDependencyCounts, {
      ...good,
      [budgets]: { '@minigpt4/gone': { dependencies: 0, unpackedBytes: 1 } },
    });
    expect(failures).toHaveLength(2);
    expect(failures[0]).toContain('@minigpt4/gone is not published');
    expect(failures[1]).toContain('@minigpt4/core has no budget');
  });
});

describe('checkSizes', () => {
  it.each([500, 1000, 1250])('accepts %i bytes for a budget of 1000', bytes => {
    expect(failuresOf(sizes(bytes), good)).toEqual([]);
  });

  it.each([499, 1251])('reports %i bytes for a budget of 1000', bytes => {
    expect(failuresOf(sizes(bytes), good)).toEqual([
      `packages/core/package.json: ${bytes} bytes unpacked, 500 to 1250 expected. Ship less, or change tooling/repo-checks/budgets.json and say why in the pull request.`,
    ]);
  });
});

describe('recordBudgets', () => {
  it('writes what the packages weigh', async () => {
    const { seen } = await failuresLater(
      async ({ root, packages }) => {
        recordBudgets(root, [{ owner: packages[0]!, path: '', unpackedBytes: 7 }]);
        return [];
      },
      good,
      root => JSON.parse(readFileSync(join(root, budgets), 'utf8')),
    );
    expect(seen).toEqual({ '@minigpt4/core': { dependencies: 1, unpackedBytes: 7 } });
  });
});
