import { describe, expect, it } from 'vitest';
import { parseSource } from '../source-file.js';
import { signatureOf } from './signature.js';

const signature = (text: string, name = 'x') => {
  const file = parseSource('a.ts', text);
  return signatureOf(file, file.program.body[0]!, name);
};

describe('signatureOf', () => {
  it.each([
    [
      'export async function x<T>(a: T, { b = 1 }: Options = {}): Promise<T> {\n  return a;\n}',
      'async function x<T>(a: T, { b = 1 }: Options = {}): Promise<T>',
    ],
    ['export function x(a: string): string;', 'function x(a: string): string'],
    ['export const x: Shape = [1, 2];', 'const x: Shape'],
    ['export const x = [1, 2] as const;', 'const x = [1, 2] as const'],
    ['export const x = {\n  a: 1,\n};', 'const x = …'],
    ["export const y = 'z', x = (a: number): number => a + 1;", 'const x = (a: number): number => …'],
    ['export type x = 1 | 2;', 'type x = 1 | 2;'],
    ['export interface x {\n  /** A. */\n  a: 1;\n}', 'interface x {\n  /** A. */\n  a: 1;\n}'],
  ])('%s', (text, expected) => {
    expect(signature(text)).toBe(expected);
  });

  it('leaves out what is private in a class', () => {
    const text = `export class x<T> extends Y {
  /** Seen. */
  readonly seen: number = 1;
  #hidden = 2;
  private other = 3;
  constructor(seen: number) {
    super();
  }
  /** Doubles. */
  double(): number {
    return 2 * this.#hidden;
  }
  #half(): number {
    return 1;
  }
}`;
    expect(signature(text)).toBe(`class x<T> extends Y {
  /** Seen. */
  readonly seen: number;
  constructor(seen: number);
  /** Doubles. */
  double(): number;
}`);
  });
});
