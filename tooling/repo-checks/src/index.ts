export { codeFences, type CodeFence } from './documents/code-fences.js';
export { readmePrograms, type ReadmeProgram } from './documents/readme-programs.js';
export { formatFailure, type Failure } from './failure.js';
export { checkTarballs } from './published/check-published.js';
export { packAll, publishable, type Tarball } from './published/pack.js';
export { readRepository, type Manifest, type Repository, type WorkspacePackage } from './repository.js';
export { parseSource, type SourceFile } from './source-file.js';
