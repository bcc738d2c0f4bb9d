import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {object} Manifest what is read of a package.json
 * @property {string} name
 * @property {Record<string, string>} [scripts]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 */

/**
 * @typedef {object} WorkspacePackage
 * @property {string} name as in its package.json
 * @property {string} folder relative to the repository, such as `packages/core`
 * @property {Manifest} manifest
 */

/**
 * Every package of the workspace by name, in the order of their folders.
 *
 * @param {string} root the repository
 * @returns {Map<string, WorkspacePackage>}
 */
export function readWorkspace(root) {
  /** @type {Map<string, WorkspacePackage>} */
  const packages = new Map();
  for (const parent of ['packages', 'apps', 'tooling']) {
    for (const entry of readdirSync(join(root, parent)).toSorted()) {
      const folder = `${parent}/${entry}`;
      const file = join(root, folder, 'package.json');
      if (!existsSync(file)) continue;
      const manifest = /** @type {Manifest} */ (JSON.parse(readFileSync(file, 'utf8')));
      packages.set(manifest.name, { name: manifest.name, folder, manifest });
    }
  }
  return packages;
}

/**
 * A package and every workspace package it needs, development dependencies included, because turbo builds those too.
 *
 * @param {ReadonlyMap<string, WorkspacePackage>} packages
 * @param {string} name
 * @returns {WorkspacePackage[]}
 */
export function withDependencies(packages, name) {
  /** @type {Set<WorkspacePackage>} */
  const found = new Set();
  /** @param {string} next */
  const visit = next => {
    const current = packages.get(next);
    if (!current || found.has(current)) return;
    found.add(current);
    for (const dependency of Object.keys({ ...current.manifest.dependencies, ...current.manifest.devDependencies })) {
      visit(dependency);
    }
  };
  visit(name);
  return [...found];
}
