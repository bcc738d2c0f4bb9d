import { posix } from 'node:path';
import type { Statement } from 'oxc-parser';
import type { WorkspacePackage } from './repository.js';
import type { SourceFile } from './source-file.js';

/** A module that users import from. */
export interface Entry {
  readonly owner: WorkspacePackage;
  /** As in `exports` of the manifest. */
  readonly key: string;
  readonly file: SourceFile;
}

/** The entry files of a package, in the order of its manifest. */
export function entryFiles(owner: WorkspacePackage): Entry[] {
  return Object.entries(owner.manifest.exports ?? {}).flatMap(([key, target]) => {
    if (typeof target === 'string') return [];
    const path = target['@minigpt4/source']?.replace(/^\./, owner.folder);
    const file = owner.sources.find(source => source.path === path);
    return file ? [{ owner, key, file }] : [];
  });
}

/** Where a name is declared. */
export interface Declaration {
  readonly file: SourceFile;
  /** More than one for overloads, or for a type and a value of the same name. */
  readonly statements: readonly Statement[];
}

/** The statements that declare a name which a module of a package exports, through as many re-exports as it takes. */
export function findDeclaration(owner: WorkspacePackage, module: string, name: string): Declaration | undefined {
  const file = owner.sources.find(({ path }) => path === module.replace(/\.js$/, '.ts'));
  if (!file) return undefined;
  const statements = file.program.body.filter(statement => declaredNames(statement).includes(name));
  if (statements.length > 0) return { file, statements };
  for (const { entries } of file.exports) {
    const passedOn = entries.find(({ exportName, moduleRequest }) => moduleRequest && exportName.name === name);
    if (!passedOn?.moduleRequest || passedOn.importName.name === null) continue;
    const next = posix.join(posix.dirname(file.path), passedOn.moduleRequest.value);
    return findDeclaration(owner, next, passedOn.importName.name);
  }
  return undefined;
}

function declaredNames(statement: Statement): string[] {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
  switch (declaration?.type) {
    case 'VariableDeclaration':
      return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []));
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
    case 'ClassDeclaration':
      return declaration.id ? [declaration.id.name] : [];
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
    case 'TSEnumDeclaration':
      return [declaration.id.name];
    default:
      return [];
  }
}

/** The text of the docstring that stands right above a place, without its marks at both ends. */
export function docstringBefore(file: SourceFile, start: number): string | undefined {
  return file.comments.find(({ type, value, end }) => {
    if (type !== 'Block' || !/^\*[\s*]*[^\s*]/.test(value) || end > start) return false;
    const between = file.text.slice(end, start).replace(/\/\/.*$/gm, '');
    return between.trim() === '';
  })?.value;
}
