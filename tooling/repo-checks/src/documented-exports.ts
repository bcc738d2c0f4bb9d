import { posix } from 'node:path';
import type { Statement, StaticExportEntry, TSInterfaceDeclaration } from 'oxc-parser';
import { docstringBefore, entryFiles, findDeclaration, type Entry } from './declarations.js';
import type { Failure } from './failure.js';
import { stages } from './layer-table.js';
import type { Repository, WorkspacePackage } from './repository.js';
import { lineOf, type SourceFile } from './source-file.js';

/** Entry files hold named re-exports and nothing else, few of them, and every name is documented where it is declared. */
export function checkDocumentedExports({ packages }: Repository): Failure[] {
  return packages.filter(({ kind }) => kind !== 'tooling').flatMap(owner => entryFiles(owner).flatMap(checkEntry));
}

/** A name that users import, and the first sentence of what is said about it. */
export interface DocumentedName {
  readonly name: string;
  /** Where it is imported from, such as `@minigpt4/projection/train`. */
  readonly module: string;
  readonly summary: string;
}

/** Every name that a package offers, in the order of its entry files. */
export function documentedNames(owner: WorkspacePackage): DocumentedName[] {
  return entryFiles(owner).flatMap(({ key, file }) => {
    const module = owner.name + key.slice(1);
    return file.exports
      .flatMap(({ entries }) => entries)
      .map(entry => ({ name: entry.exportName.name ?? '', module, summary: summaryOf(owner, file, entry) }));
  });
}

function summaryOf(owner: WorkspacePackage, file: SourceFile, entry: StaticExportEntry): string {
  const specifier = entry.moduleRequest?.value;
  const name = entry.importName.name;
  if (specifier === undefined || name === null) return '';
  if (!specifier.startsWith('.')) return `that of ${specifier}`;
  const found = findDeclaration(owner, posix.join(posix.dirname(file.path), specifier), name);
  const docstrings = found?.statements.map(({ start }) => docstringBefore(found.file, start)) ?? [];
  const text = docstrings.find(docstring => docstring !== undefined) ?? '';
  const lines = text.split('\n').map(line => line.replace(/^[\s*]+|\s+$/g, ''));
  const end = lines.findIndex((line, i) => (i > 0 && line === '') || line.startsWith('@'));
  const words = lines
    .slice(0, end < 0 ? lines.length : end)
    .join(' ')
    .trim();
  const [sentence = ''] = /^.*?\.(?=\s+[A-Z`{]|$)|^.*$/.exec(words) ?? [];
  return sentence.replace(/\{@link ([^}]+)\}/g, '$1').replace(/[.:]$/, '');
}

function checkEntry({ owner, file }: Entry): Failure[] {
  const names = file.exports.flatMap(({ entries }) => entries);
  const most = stages.includes(owner.name) ? 20 : 40;
  const failures = file.program.body.flatMap(statement => checkStatement(file, statement));
  // types cost a reader nothing until a value asks for one, so they are not counted
  const values = names.filter(({ isType }) => !isType);
  if (values.length > most) {
    const what = `${values.length} exported values, at most ${most} expected`;
    failures.push({ where: file.path, what, fix: 'Keep to yourself what users need not name' });
  }
  if (names.length === 0) {
    failures.push({ where: file.path, what: 'exports nothing', fix: 'Re-export what the package is for' });
  }
  return [...failures, ...names.flatMap(name => checkName(owner, file, name))];
}

function checkStatement(file: SourceFile, statement: Statement): Failure[] {
  const isReExport = statement.type === 'ExportNamedDeclaration' && statement.source !== null;
  // `export {}` marks a package that has nothing yet, which is reported as such
  const isEmpty = statement.type === 'ExportNamedDeclaration' && !statement.declaration && !statement.specifiers.length;
  if (isReExport || isEmpty) return [];
  const where = `${file.path}:${lineOf(file.text, statement.start)}`;
  return [{ where, what: 'an entry file holds named re-exports only', fix: 'Move the rest into a file of its own' }];
}

function checkName(owner: WorkspacePackage, file: SourceFile, entry: StaticExportEntry): Failure[] {
  const specifier = entry.moduleRequest?.value;
  const name = entry.importName.name;
  // what another package declares is documented there
  if (!specifier?.startsWith('.') || name === null) return [];
  const found = findDeclaration(owner, posix.join(posix.dirname(file.path), specifier), name);
  if (!found) {
    const where = `${file.path}:${lineOf(file.text, entry.start)}`;
    return [{ where, what: `no declaration of ${name} in ${specifier}`, fix: 'Declare and export it there' }];
  }
  const where = `${found.file.path}:${lineOf(found.file.text, found.statements[0]?.start ?? 0)}`;
  const failures: Failure[] = [];
  if (!found.statements.some(({ start }) => hasDocstring(found.file, start))) {
    failures.push({ where, what: `${name} is exported without a docstring`, fix: 'Say above it what one gets' });
  }
  for (const statement of found.statements) {
    const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declared?.type === 'TSInterfaceDeclaration' && name.endsWith('Options')) {
      failures.push(...checkOptions(found.file, declared));
    }
  }
  return failures;
}

function checkOptions(file: SourceFile, options: TSInterfaceDeclaration): Failure[] {
  return options.body.body.flatMap(member => {
    if (hasDocstring(file, member.start)) return [];
    const where = `${file.path}:${lineOf(file.text, member.start)}`;
    const what = `an option of ${options.id.name} has no docstring`;
    return [{ where, what, fix: 'Say what it does, its unit and what it "Defaults to"' }];
  });
}

function hasDocstring(file: SourceFile, start: number): boolean {
  return docstringBefore(file, start) !== undefined;
}
