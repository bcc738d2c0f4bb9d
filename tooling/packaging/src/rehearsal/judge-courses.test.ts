import { describe, expect, it } from 'vitest';
import { judgeCourses, type Course, type Releases } from './judge-courses.js';

const owner = (name: string, ...dependencies: string[]): Releases['packages'][number] => ({
  name,
  manifest: { name, dependencies: Object.fromEntries(dependencies.map(dependency => [dependency, 'workspace:^'])) },
});

const releases: Releases = {
  patched: 'qformer',
  moved: 'core',
  packages: [owner('core'), owner('tiny'), owner('qformer', 'core'), owner('minigpt4', 'qformer', 'tiny')],
  published: new Map([
    ['core', [{ version: '0.1.0' }, { version: '0.2.0' }]],
    ['qformer', [{ version: '0.1.2', dependencies: { core: '^0.2.0', sharp: '^1.0.0' } }]],
    ['minigpt4', [{ version: '0.1.1', dependencies: { qformer: '^0.1.1', core: '^0.2.0' } }]],
  ]),
};

const good: readonly Course[] = [
  { name: 'core', versions: ['0.1.0', '0.1.0', '0.2.0'], filesChanged: false },
  { name: 'tiny', versions: ['0.1.0', '0.1.0', '0.1.0'], filesChanged: false },
  { name: 'qformer', versions: ['0.1.0', '0.1.1', '0.1.2'], filesChanged: true },
  { name: 'minigpt4', versions: ['0.1.0', '0.1.0', '0.1.1'], filesChanged: false },
];

const changed = (name: string, change: Partial<Course>): Course[] =>
  good.map(course => (course.name === name ? { ...course, ...change } : course));

describe('judgeCourses', () => {
  it('is content when only what changed moved', () => {
    expect(judgeCourses(good, releases)).toEqual([]);
  });

  it.each([
    {
      breaks: 'another first version',
      courses: changed('tiny', { versions: ['0.0.0', '0.0.0', '0.0.0'] }),
      expected: 'tiny: 0.1.0 expected as the first release, got 0.0.0',
    },
    {
      breaks: 'a package that moved for nothing',
      courses: changed('tiny', { versions: ['0.1.0', '0.1.1', '0.1.1'] }),
      expected: 'tiny: qformer alone expected to be patched, got 0.1.0 to 0.1.1',
    },
    {
      breaks: 'a patch that did not come out',
      courses: changed('qformer', { versions: ['0.1.0', '0.1.0', '0.1.1'] }),
      expected: 'qformer: qformer alone expected to be patched, got 0.1.0 to 0.1.0',
    },
    {
      breaks: 'files that changed without a version',
      courses: changed('core', { filesChanged: true }),
      expected: 'core: the files of qformer alone expected to change',
    },
    {
      breaks: 'a package left behind',
      courses: changed('minigpt4', { versions: ['0.1.0', '0.1.0', '0.1.0'] }),
      expected: 'minigpt4: a move with core expected where it is needed, got 0.1.0 to 0.1.0',
    },
  ])('names $breaks', ({ courses, expected }) => {
    expect(judgeCourses(courses, releases)).toEqual([expected]);
  });

  it('names a range that does not take the newest sibling', () => {
    const published = new Map([
      ...releases.published,
      ['minigpt4', [{ version: '0.1.1', dependencies: { core: '^0.1.0' } }]] as const,
    ]);
    expect(judgeCourses(good, { ...releases, published })).toEqual([
      'minigpt4: a range of core that takes 0.2.0 expected, got ^0.1.0',
    ]);
  });
});
