import { isAbsolute, join } from 'node:path';

/**
 * The name with forward slashes and without `.` steps, or undefined where it points out of its folder or is no plain relative name:
 * absolute, with a `..` step, a backslash, a drive letter or a control character.
 */
export function safeName(name: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (isAbsolute(name) || /[\u0000-\u001f\u007f\\]|^[A-Za-z]:/u.test(name)) return undefined;
  const steps = name.split('/').filter(step => step !== '' && step !== '.');
  return steps.length === 0 || steps.includes('..') ? undefined : steps.join('/');
}

/** The path of a file that a data set names relative to its folder, or undefined for a name that {@link safeName} refuses. */
export function insideFolder(folder: string, name: string): string | undefined {
  const safe = safeName(name);
  return safe === undefined ? undefined : join(folder, safe);
}
