import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from './failure.js';
import { filesBelow, type Repository } from './repository.js';
import { lineOf } from './source-file.js';

interface Banned {
  readonly pattern: RegExp;
  readonly files: RegExp;
  readonly what: string;
  readonly fix: string;
}

const text = /(\.(ts|js|mjs|json|md|yaml|yml|html|css)|\/run)$/;
const code = /\.(ts|js|mjs)$/;

const banned: readonly Banned[] = [
  // the brackets keep this line from finding itself
  {
    pattern: /\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b/g,
    files: code,
    what: 'a note to do something later',
    fix: 'Do it or file it',
  },
  {
    pattern: /(?<![\w.)\]/-])\/(root|home|work|tmp|Users)\/\w/g,
    files: text,
    what: 'a path of one machine',
    fix: 'Make it relative, or take it from the caller',
  },
  {
    pattern: /\b(registry\.(npmjs|yarnpkg)|registry\.npmmirror|pypi\.org|files\.pythonhosted|deb\.debian|nuget\.org)/g,
    files: text,
    what: 'the host of a package registry',
    fix: 'Name the package alone',
  },
  {
    pattern: /[\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/g,
    files: text,
    what: 'an invisible character',
    fix: 'Write it as an escape',
  },
  {
    pattern: /\.toBeCloseTo\(/g,
    files: /(?<!expect-close\.test)\.ts$/,
    what: 'toBeCloseTo knows no relative error',
    fix: 'Use expectClose of @minigpt4/testing',
  },
];

/** What must not stand in a file, whoever wrote it. `any`, default exports and focused tests are the linter's. */
export function checkBanned({ root, packages, topLevel }: Repository): Failure[] {
  const hidden = ['.changeset', '.ci', '.github'].flatMap(folder => filesBelow(root, folder));
  const paths = [...topLevel, ...hidden, ...packages.flatMap(({ files }) => files)].filter(path => text.test(path));
  const stars = packages.flatMap(({ sources }) =>
    sources.flatMap(({ path, text: source, program }) =>
      program.body
        .filter(statement => statement.type === 'ExportAllDeclaration' && statement.exported === null)
        .map(({ start }) => ({
          where: `${path}:${lineOf(source, start)}`,
          what: "'export *' hides what is exported",
          fix: 'Name the exports',
        })),
    ),
  );
  return [...paths.flatMap(path => checkFile(path, readFileSync(join(root, path), 'utf8'))), ...stars];
}

function checkFile(path: string, content: string): Failure[] {
  return banned
    .filter(({ files }) => files.test(path))
    .flatMap(({ pattern, what, fix }) =>
      [...content.matchAll(pattern)].map(match => ({
        where: `${path}:${lineOf(content, match.index)}`,
        what: `${what}: ${JSON.stringify(match[0])}`,
        fix,
      })),
    );
}
