import type { Course } from './judge-courses.js';

/** A table of packages and their versions for people; a package that stayed as it was shows a dot. */
export function describeCourses(courses: readonly Course[], releases: readonly string[]): string {
  const rows = courses.map(({ name, versions, filesChanged }) => [
    name,
    ...versions.map((version, i) => (i > 0 && versions[i - 1] === version ? '·' : version)),
    filesChanged ? 'changed' : 'same',
  ]);
  const table = [['package', ...releases, 'files, first to second'], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map(row => row[column]!.length)));
  return table
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
