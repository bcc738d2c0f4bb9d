import type { WorkspacePackage } from '@minigpt4/repo-checks';
import type { PublishedVersion } from './local-registry.js';

/** A package through three releases: the first, one package patched, one package moved by a minor. */
export interface Course {
  readonly name: string;
  /** Its newest version after each release. */
  readonly versions: readonly string[];
  /** Whether the files that npm installs changed from the first release to the second. */
  readonly filesChanged: boolean;
}

/** What was released. */
export interface Releases {
  /** Name of the package that got a patch in the second release. */
  readonly patched: string;
  /** Name of the package that got a minor in the third: below 1.0 that may break, so that all that stand on it move along. */
  readonly moved: string;
  readonly packages: readonly Pick<WorkspacePackage, 'name' | 'manifest'>[];
  /** Every published version, from the oldest to the newest. */
  readonly published: ReadonlyMap<string, readonly PublishedVersion[]>;
}

/** What went otherwise than it should, one line each: only what changed may move, and ranges of siblings keep in step. */
export function judgeCourses(courses: readonly Course[], { patched, moved, packages, published }: Releases): string[] {
  const above = dependents(packages, moved);
  const problems = courses.flatMap(({ name, versions: [first, second, third], filesChanged }) => {
    const rules: [boolean, string][] = [
      [first === '0.1.0', `0.1.0 expected as the first release, got ${first}`],
      [(first !== second) === (name === patched), `${patched} alone expected to be patched, got ${first} to ${second}`],
      [filesChanged === (name === patched), `the files of ${patched} alone expected to change`],
      [
        (second !== third) === above.has(name),
        `a move with ${moved} expected where it is needed, got ${second} to ${third}`,
      ],
    ];
    return rules.filter(([holds]) => !holds).map(([, problem]) => `${name}: ${problem}`);
  });
  return [...problems, ...staleRanges(published)];
}

/** A package and all that stand on it. */
function dependents(packages: Releases['packages'], name: string): Set<string> {
  const found = new Set([name]);
  for (let before = 0; before < found.size; ) {
    before = found.size;
    for (const { name: other, manifest } of packages) {
      if (Object.keys(manifest.dependencies ?? {}).some(dependency => found.has(dependency))) found.add(other);
    }
  }
  return found;
}

/** Siblings that the newest version of a package asks for in another version than the newest: `^` of below 1.0 allows patches only. */
function staleRanges(published: Releases['published']): string[] {
  const minorOf = (version: string): string => version.replace(/^\^/, '').split('.').slice(0, 2).join('.');
  const latest = new Map([...published].map(([name, versions]) => [name, versions.at(-1)!]));
  return [...latest].flatMap(([name, { dependencies = {} }]) =>
    Object.entries(dependencies).flatMap(([sibling, range]) => {
      const version = latest.get(sibling)?.version;
      if (version === undefined || minorOf(range) === minorOf(version)) return [];
      return [`${name}: a range of ${sibling} that takes ${version} expected, got ${range}`];
    }),
  );
}
