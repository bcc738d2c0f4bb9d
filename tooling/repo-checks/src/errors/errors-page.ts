import type { Repository } from '../repository.js';
import { usedCodes } from './error-codes.js';
import { errorMeanings, findingMeanings, type ErrorMeaning } from './error-table.js';

/** Every code in one page: what it means, what to do, which packages have it. */
export function errorsPage(repository: Repository): string {
  const owners = new Map<string, Set<string>>();
  for (const { code, owner } of usedCodes(repository)) {
    owners.set(code, (owners.get(code) ?? new Set()).add(owner.name));
  }
  const table = (meanings: Readonly<Record<string, ErrorMeaning>>): string => {
    const used = Object.entries(meanings).filter(([code]) => owners.has(code));
    const rows = used
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, { means, fix }]) => {
        const packages = [...(owners.get(code) ?? [])].map(name => `\`${name}\``).toSorted();
        return `| \`${code}\` | ${means}. | ${fix}. | ${packages.join(' ')} |`;
      });
    return ['| code | means | what to do | in |', '| --- | --- | --- | --- |', ...rows].join('\n');
  };
  return `# Errors

Every error that a package of this family throws on purpose is a \`MiniGPT4Error\` (\`PromptError\` in \`@minigpt4/prompt-templates\`, which has no
dependencies): a literal \`code\` to branch on, the error underneath as \`cause\`, and a message that reads \`where: what, expected …, got …. Fix.\`
A code keeps its meaning; a new one may be added in any version. This page is generated from the sources.

${table(errorMeanings)}

## Findings

Codes of what is reported without an error: findings of \`diagnose\`, alarms of a training run.

${table(findingMeanings)}
`;
}
