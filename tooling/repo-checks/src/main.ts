import { checkBanned } from './banned.js';
import { checkDocumentedExports } from './documented-exports.js';
import { checkGenerated, writeGenerated } from './documents/generated.js';
import { checkReadmePrograms } from './documents/readme-programs.js';
import { checkErrorCodes } from './errors/error-codes.js';
import { checkErrorMessages } from './errors/error-messages.js';
import { formatFailure, type Failure } from './failure.js';
import { checkLayers } from './layers.js';
import { checkLayout } from './layout.js';
import { checkDependencyCounts, recordBudgets } from './published/budgets.js';
import { withTarballs } from './published/pack.js';
import { readRepository, type Repository } from './repository.js';

/** What can be asked for, to the rules that are broken. */
const commands: Readonly<Record<string, (repository: Repository) => Promise<readonly Failure[]>>> = {
  sources: async repository => [
    ...checkLayers(repository),
    ...checkLayout(repository),
    ...checkDocumentedExports(repository),
    ...checkBanned(repository),
    ...checkErrorCodes(repository),
    ...checkErrorMessages(repository),
    ...checkDependencyCounts(repository),
    ...checkGenerated(repository),
    ...(await checkReadmePrograms(repository)),
  ],
  published: async repository => {
    // brings a whole compiler along, which the other commands do without
    const { checkPublished } = await import('./published/check-published.js');
    return checkPublished(repository);
  },
  write: async repository => {
    writeGenerated(repository);
    return [];
  },
  record: async repository => {
    await withTarballs(repository, tarballs => recordBudgets(repository.root, tarballs));
    return [];
  },
};

const name = process.argv[2] ?? '';
const command = commands[name];
if (command) {
  const failures = await command(readRepository(process.cwd()));
  for (const failure of failures) process.stdout.write(`${formatFailure(failure)}\n`);
  if (failures.length > 0) process.exitCode = 1;
} else {
  process.stderr.write(`repo-checks: one of ${Object.keys(commands).join(', ')} expected, got '${name}'.\n`);
  process.exitCode = 2;
}
