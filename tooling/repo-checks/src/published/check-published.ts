import { readFile } from 'node:fs/promises';
import { checkPackage, createPackageFromTarballData, type Problem } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import type { Failure } from '../failure.js';
import type { Repository } from '../repository.js';
import { checkSizes, readBudgets } from './budgets.js';
import { withTarballs, type Tarball } from './pack.js';

/** Every public package as npm would get it. The packages must be built. */
export function checkPublished(repository: Repository): Promise<Failure[]> {
  return withTarballs(repository, async tarballs => [
    ...(await checkTarballs(tarballs)),
    ...checkSizes(tarballs, readBudgets(repository.root)),
  ]);
}

/** What publint (strict) and attw (for packages that are ESM only) say about packed packages. */
export async function checkTarballs(tarballs: readonly Tarball[]): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const { owner, path } of tarballs) {
    const where = `${owner.folder}/package.json`;
    const bytes = await readFile(path);
    const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    const { messages } = await publint({ pack: { tarball }, strict: true, level: 'warning' });
    for (const message of messages) {
      const what = (formatMessage(message, owner.manifest, { color: false }) ?? message.code).replace(/\.$/, '');
      failures.push({ where, what, fix: `See ${message.code} of publint` });
    }
    failures.push(
      ...(await typeProblems(bytes)).map(({ what, kind }) => ({ where, what, fix: `See ${kind} of attw` })),
    );
  }
  return failures;
}

/** Ways in which no package of this repository can be loaded: `require` and the resolution before `exports`. */
const notOffered = new Set(['node10', 'node16-cjs']);

async function typeProblems(tarball: Uint8Array): Promise<{ what: string; kind: string }[]> {
  const analysis = await checkPackage(createPackageFromTarballData(tarball));
  if (!analysis.types) return [{ what: 'no types in the tarball', kind: 'NoTypes' }];
  return analysis.problems.flatMap(problem => {
    const { entrypoint, resolution } = placeOf(problem);
    if (resolution !== undefined && notOffered.has(resolution)) return [];
    const place = [entrypoint, resolution].filter(part => part !== undefined).join(' under ');
    return [{ what: `types of ${place || 'the package'}: ${problem.kind}`, kind: problem.kind }];
  });
}

function placeOf(problem: Problem): { entrypoint?: string; resolution?: string } {
  if ('resolutionKind' in problem) return { entrypoint: problem.entrypoint, resolution: problem.resolutionKind };
  if ('resolutionOption' in problem)
    return {
      entrypoint: problem.fileName.replace(/^\/node_modules\/(@[^/]+\/)?[^/]+\//, ''),
      resolution: problem.resolutionOption,
    };
  return {};
}
