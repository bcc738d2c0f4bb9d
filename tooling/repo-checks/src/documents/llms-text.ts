import { documentedNames } from '../documented-exports.js';
import type { Repository, WorkspacePackage } from '../repository.js';
import { inReadingOrder } from './package-table.js';
import { readmePrograms } from './readme-programs.js';

/** Where a reader without the repository finds the README of a package. */
const page = (name: string): string => `https://www.npmjs.com/package/${name}`;

/**
 * The whole of the published packages in one text for language models, in the form of llmstxt.org: what it is, how it is
 * used, and every name that can be imported with the first sentence of its docstring.
 */
export function llmsText(repository: Repository): string {
  const packages = inReadingOrder(repository);
  const whole = packages.find(({ folder }) => folder === 'packages/minigpt4');
  const program = readmePrograms(repository).find(({ readme }) => readme === 'packages/minigpt4/README.md');
  const links = packages.map(({ name, manifest }) => `- [${name}](${page(name)}): ${manifest.description}`);
  return [
    `# MiniGPT-4 in TypeScript\n\n> ${whole?.manifest.description ?? ''}`,
    'ESM only, Node 20.19 or newer, types included. Each package is installed by itself; its README has a program and its output.',
    program ? `\`\`\`ts\n${program.code}\`\`\`` : '',
    `## Packages\n\n${links.join('\n')}`,
    '## Names that can be imported',
    ...packages.flatMap(namesOf),
  ]
    .filter(part => part !== '')
    .join('\n\n')
    .concat('\n');
}

function namesOf(owner: WorkspacePackage): string[] {
  const modules = new Map<string, string[]>();
  for (const { name, module, summary } of documentedNames(owner)) {
    const lines = modules.get(module) ?? [];
    lines.push(`- \`${name}\`: ${summary}`);
    modules.set(module, lines);
  }
  return [...modules].map(([module, lines]) => `### ${module}\n\n${lines.join('\n')}`);
}
