import { Visitor, type Argument, type Expression, type NewExpression } from 'oxc-parser';
import type { Failure } from '../failure.js';
import type { Repository } from '../repository.js';
import { lineOf, type SourceFile } from '../source-file.js';
import { messageExceptions } from './message-exceptions.js';

const exceptionsFile = 'tooling/repo-checks/src/errors/message-exceptions.ts';

/** Messages of errors read `where: what, expected …, got …. Fix.`, as far as they stand in the source as text. */
export function checkErrorMessages(
  { packages }: Repository,
  exceptions: Readonly<Record<string, string>> = messageExceptions,
): Failure[] {
  const excused = new Set<string>();
  const failures = packages
    .filter(({ kind }) => kind !== 'tooling')
    .flatMap(({ name, sources }) => sources.filter(({ isTest }) => !isTest).map(file => ({ name, file })))
    .flatMap(({ name, file }) =>
      thrownBy(file).flatMap(({ code, message, start }) => {
        const faults = faultsOf(message);
        if (faults.length === 0) return [];
        const key = `${name} ${code}`;
        if (Object.hasOwn(exceptions, key)) {
          excused.add(key);
          return [];
        }
        const where = `${file.path}:${lineOf(file.text, start)}`;
        const what = `the message of ${code} lacks ${faults.join(' and ')}`;
        return [{ where, what, fix: "Let it read 'where: what, expected …, got …. Fix.'" }];
      }),
    );
  const stale = Object.keys(exceptions).filter(key => !excused.has(key));
  return [
    ...failures,
    ...stale.map(key => ({ where: exceptionsFile, what: `no exception is needed for ${key}`, fix: 'Remove its line' })),
  ];
}

interface Thrown {
  readonly code: string;
  /** The text that stands in the source, with `…` for what is computed. */
  readonly message: string;
  readonly start: number;
}

function thrownBy(file: SourceFile): Thrown[] {
  const found: Thrown[] = [];
  new Visitor({
    NewExpression: (node: NewExpression) => {
      if (node.callee.type !== 'Identifier' || !/^(MiniGPT4|Prompt)Error$/.test(node.callee.name)) return;
      const [code, message] = node.arguments;
      const name = code?.type === 'Literal' ? String(code.value) : 'a computed code';
      found.push({ code: name, message: textOf(message), start: node.start });
    },
  }).visit(file.program);
  return found;
}

function textOf(node: Argument | Expression | undefined): string {
  if (node?.type === 'Literal' && typeof node.value === 'string') return node.value;
  if (node?.type === 'TemplateLiteral') return node.quasis.map(({ value }) => value.cooked ?? '').join('…');
  if (node?.type === 'BinaryExpression' && node.operator === '+') return textOf(node.left) + textOf(node.right);
  return '…';
}

function faultsOf(message: string): string[] {
  const faults: string[] = [];
  if (!/^[^ ].*?: ./s.test(message)) faults.push("'where: '");
  if (!/\bexpected\b/.test(message)) faults.push("'expected'");
  if (!/\bgot\b/.test(message)) faults.push("'got'");
  if (!/[.…]$/.test(message)) faults.push('a sentence at its end');
  return faults;
}
