import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fingerprintOfContent, fingerprintOfSize, fingerprintOfStat, listFiles } from './fingerprint.js';
import { withLock } from './lock.js';
import { runQuietly } from './run.js';
import { pnpm, turbo } from './tools.js';
import { readWorkspace, withDependencies } from './workspace.js';

/** @typedef {import('./workspace.js').WorkspacePackage} WorkspacePackage */

/**
 * What the last successful set-up saw.
 *
 * @typedef {object} State
 * @property {string} [installed] fingerprint of what decides about node_modules
 * @property {Record<string, string>} [built] by package: fingerprint of its sources and of what was built from them
 */

const notBuilt = new Set([
  'node_modules',
  '.turbo',
  'weights',
  'test',
  'test-report.json',
  'README.md',
  'CHANGELOG.md',
]);

/**
 * Installs the packages, unless nothing that decides about them changed since the last time.
 *
 * @param {string} root the repository
 */
export async function install(root) {
  const packages = [...readWorkspace(root).values()];
  const fingerprint = installFingerprint(root, packages);
  const isInstalled = () => readState(root).installed === fingerprint && modulesExist(root, packages);
  if (isInstalled()) return;
  await withLock(cacheFile(root, 'lock'), async () => {
    if (isInstalled()) return;
    await runQuietly('installing packages', pnpm(root, ['install', '--frozen-lockfile']));
    writeState(root, { ...readState(root), installed: fingerprint });
  });
}

/**
 * Installs, then builds a package and everything below it, unless nothing of it changed since the last time.
 *
 * @param {string} root the repository
 * @param {string} name the package
 */
export async function build(root, name) {
  await install(root);
  const packages = withDependencies(readWorkspace(root), name);
  const isBuilt = () => readState(root).built?.[name] === buildFingerprint(root, packages);
  if (isBuilt()) return;
  await withLock(cacheFile(root, 'lock'), async () => {
    if (isBuilt()) return;
    const before = sourceFingerprint(root, packages);
    await runQuietly(`building ${name}`, turbo(root, 'build', [`--filter=${name}...`, '--output-logs=errors-only']));
    // a source that changed during the build counts as not built
    if (sourceFingerprint(root, packages) !== before) return;
    const state = readState(root);
    writeState(root, { ...state, built: { ...state.built, [name]: buildFingerprint(root, packages) } });
  });
}

/**
 * @param {string} root
 * @param {readonly WorkspacePackage[]} packages
 */
function installFingerprint(root, packages) {
  const manifests = packages.map(({ folder }) => `${folder}/package.json`);
  const files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests];
  return `${process.platform} ${process.arch} ${fingerprintOfContent(root, files)}`;
}

/**
 * @param {string} root
 * @param {readonly WorkspacePackage[]} packages
 */
function modulesExist(root, packages) {
  if (!existsSync(join(root, 'node_modules', '.modules.yaml'))) return false;
  return packages.every(({ folder, manifest }) => {
    const needed = { ...manifest.dependencies, ...manifest.devDependencies };
    return Object.keys(needed).length === 0 || existsSync(join(root, folder, 'node_modules'));
  });
}

/**
 * @param {string} root
 * @param {readonly WorkspacePackage[]} packages
 */
function buildFingerprint(root, packages) {
  const outputs = packages.flatMap(({ folder }) => filesOf(root, `${folder}/dist`, () => false));
  return `${sourceFingerprint(root, packages)} ${fingerprintOfSize(root, outputs)}`;
}

/**
 * @param {string} root
 * @param {readonly WorkspacePackage[]} packages
 */
function sourceFingerprint(root, packages) {
  /** @param {string} name */
  const skip = name => notBuilt.has(name) || name === 'dist' || name.endsWith('.test.ts');
  const sources = packages.flatMap(({ folder }) => filesOf(root, folder, skip));
  return fingerprintOfStat(root, ['turbo.json', 'pnpm-lock.yaml', ...sources]);
}

/**
 * @param {string} root
 * @param {string} folder
 * @param {(name: string) => boolean} skip
 */
function filesOf(root, folder, skip) {
  return listFiles(join(root, folder), skip).map(file => `${folder}/${file}`);
}

/**
 * @param {string} root
 * @param {string} name
 */
function cacheFile(root, name) {
  return join(root, 'node_modules', '.cache', 'minigpt4', name);
}

/**
 * @param {string} root
 * @returns {State}
 */
function readState(root) {
  try {
    return /** @type {State} */ (JSON.parse(readFileSync(cacheFile(root, 'set-up.json'), 'utf8')));
  } catch {
    // absent or cut short: set up again
    return {};
  }
}

/**
 * @param {string} root
 * @param {State} state
 */
function writeState(root, state) {
  const file = cacheFile(root, 'set-up.json');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(state));
}
