import { posix } from 'node:path';
import type { StaticExportEntry } from 'oxc-parser';
import { docstringBefore, entryFiles, findDeclaration, type Entry } from '../declarations.js';
import type { WorkspacePackage } from '../repository.js';
import { markdownOf } from './docstring-markdown.js';
import { signatureOf } from './signature.js';

/**
 * Every name that a package exports, with its signature and docstring, as one page of Markdown; undefined for a package
 * that exports none.
 */
export function apiPage(owner: WorkspacePackage): string | undefined {
  const modules = entryFiles(owner)
    .map(moduleSection)
    .filter(section => section !== '');
  if (modules.length === 0) return undefined;
  const intro = `# API of ${owner.name}\n\nGenerated from the docstrings; what it is for and how it is used is in the [README](README.md).`;
  return [intro, ...modules].join('\n\n').concat('\n');
}

function moduleSection(entry: Entry): string {
  const names = entry.file.exports.flatMap(({ entries }) => entries);
  if (names.length === 0) return '';
  const sorted = names.toSorted((a, b) => (nameOf(a).toLowerCase() < nameOf(b).toLowerCase() ? -1 : 1));
  const module = entry.owner.name + entry.key.slice(1);
  return [`## ${module}`, ...sorted.map(name => nameSection(entry, name))].join('\n\n');
}

function nameOf({ exportName }: StaticExportEntry): string {
  return exportName.name ?? '';
}

function nameSection({ owner, file }: Entry, entry: StaticExportEntry): string {
  const title = `### ${nameOf(entry)}`;
  const specifier = entry.moduleRequest?.value ?? '';
  if (!specifier.startsWith('.')) return `${title}\n\nThat of \`${specifier}\`.`;
  const module = posix.join(posix.dirname(file.path), specifier);
  const found = findDeclaration(owner, module, entry.importName.name ?? '');
  if (!found) return title;
  const signatures = found.statements.map(statement => signatureOf(found.file, statement, entry.importName.name ?? ''));
  const docstrings = found.statements.flatMap(({ start }) => docstringBefore(found.file, start) ?? []);
  const code = `\`\`\`ts\n${signatures.join('\n')}\n\`\`\``;
  return [title, code, ...docstrings.map(markdownOf)].join('\n\n');
}
