import { expect, it } from 'vitest';
import { describeCourses } from './describe-courses.js';

it('shows each package with what moved', () => {
  const courses = [
    { name: '@minigpt4/core', versions: ['0.1.0', '0.1.0', '0.2.0'], filesChanged: false },
    { name: 'minigpt4', versions: ['0.1.0', '0.1.1', '0.1.2'], filesChanged: true },
  ];
  expect(describeCourses(courses, ['first', 'patch', 'minor'])).toBe(
    [
      'package         first  patch  minor  files, first to second',
      '@minigpt4/core  0.1.0  ·      0.2.0  same',
      'minigpt4        0.1.0  0.1.1  0.1.2  changed',
    ].join('\n'),
  );
});
