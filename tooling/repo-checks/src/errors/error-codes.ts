import { Visitor, type Program } from 'oxc-parser';
import type { Failure } from '../failure.js';
import type { Repository, WorkspacePackage } from '../repository.js';
import { lineOf } from '../source-file.js';
import { errorMeanings, findingMeanings, otherWords, type ErrorMeaning } from './error-table.js';

/** A code in a source. */
export interface UsedCode {
  readonly code: string;
  /** The package that it stands in. */
  readonly owner: WorkspacePackage;
  /** File and line. */
  readonly where: string;
}

/** What codes may mean; the tables of this repository unless a test has others. */
export interface CodeTables {
  readonly errors: Readonly<Record<string, ErrorMeaning>>;
  readonly findings: Readonly<Record<string, ErrorMeaning>>;
}

const tables: CodeTables = { errors: errorMeanings, findings: findingMeanings };
const tableFile = 'tooling/repo-checks/src/errors/error-table.ts';

const severalWords = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/;
const anyWord = /^[A-Z][A-Z0-9_]+$/;

/** Every code in the sources has a meaning, and every meaning a code that is used. */
export function checkErrorCodes(repository: Repository, { errors, findings }: CodeTables = tables): Failure[] {
  const used = usedCodes(repository);
  const known = (code: string): boolean => Object.hasOwn(errors, code) || Object.hasOwn(findings, code);
  const unknown = new Map(used.filter(({ code }) => !known(code)).map(use => [use.code, use]));
  const words = new Set(used.map(({ code }) => code));
  const unused = [...Object.keys(errors), ...Object.keys(findings)].filter(code => !words.has(code));
  return [
    ...[...unknown].map(([code, { where }]) => ({
      where,
      what: `${code} has no meaning`,
      fix: `Say in ${tableFile} what it means and what to do`,
    })),
    ...unused.map(code => ({ where: tableFile, what: `${code} is used nowhere`, fix: 'Remove its line' })),
  ];
}

/** The codes in the sources of packages and apps, in order: words in capitals, and what errors are made with. */
export function usedCodes({ packages }: Repository): UsedCode[] {
  return packages
    .filter(({ kind }) => kind !== 'tooling')
    .flatMap(owner =>
      owner.sources
        .filter(({ isTest }) => !isTest)
        .flatMap(({ path, text, program }) =>
          codesOf(program).map(({ code, start }) => ({ code, owner, where: `${path}:${lineOf(text, start)}` })),
        ),
    );
}

interface Found {
  readonly code: string;
  readonly start: number;
}

function codesOf(program: Program): Found[] {
  const found: Found[] = [];
  const add = (node: { type: string; value?: unknown; start: number } | undefined, pattern: RegExp): void => {
    if (node?.type !== 'Literal' || typeof node.value !== 'string' || !pattern.test(node.value)) return;
    const code = node.value;
    if (!otherWords.some(other => other.test(code))) found.push({ code, start: node.start });
  };
  new Visitor({
    Literal: literal => add(literal, severalWords),
    NewExpression: ({ callee, arguments: [first] }) => {
      if (callee.type === 'Identifier' && callee.name.endsWith('Error')) add(first, anyWord);
    },
    Property: ({ key, value }) => {
      if (key.type === 'Identifier' && key.name === 'code') add(value, anyWord);
    },
  }).visit(program);
  return found;
}
