import { MiniGPT4Error } from '@minigpt4/core';

/**
 * One size of a symbolic shape: a number, or the name of a size known only when the graph runs (`'tokens'`),
 * or a sum of products of such names in canonical spelling (`'past+tokens'`, `'4*batch*tokens'`, `'-1+tokens'`).
 */
export type Dim = number | string;

/** Sizes of a symbolic tensor, outermost first. */
export type SymbolicShape = readonly Dim[];

/** A polynomial: product of names (sorted, joined by `*`; empty for the constant) to its integer factor. */
type Polynomial = Map<string, number>;

const isNumber = (factor: string) => /^-?\d+$/.test(factor);

function parse(dim: Dim): Polynomial {
  if (typeof dim === 'number') return new Map(dim === 0 ? [] : [['', dim]]);
  const terms: Polynomial = new Map();
  for (const term of dim.split('+')) {
    const factors = term.split('*');
    const names = factors.filter(factor => !isNumber(factor));
    const factor = factors.filter(isNumber).reduce((product, digits) => product * Number(digits), 1);
    accumulate(terms, names.sort().join('*'), factor);
  }
  return terms;
}

function accumulate(terms: Polynomial, names: string, factor: number): void {
  const sum = (terms.get(names) ?? 0) + factor;
  if (sum === 0) terms.delete(names);
  else terms.set(names, sum);
}

function format(terms: Polynomial): Dim {
  if (terms.size === 0) return 0;
  if (terms.size === 1 && terms.has('')) return terms.get('')!;
  const spelled = [...terms].map(([names, factor]) => {
    if (names === '') return `${factor}`;
    return factor === 1 ? names : `${factor}*${names}`;
  });
  return spelled.sort().join('+');
}

/** The sum of sizes. */
export function addDims(...dims: readonly Dim[]): Dim {
  const sum: Polynomial = new Map();
  for (const dim of dims) for (const [names, factor] of parse(dim)) accumulate(sum, names, factor);
  return format(sum);
}

/** The product of sizes; 1 for none. */
export function multiplyDims(...dims: readonly Dim[]): Dim {
  let product: Polynomial = new Map([['', 1]]);
  for (const dim of dims) {
    const next: Polynomial = new Map();
    for (const [leftNames, left] of product) {
      for (const [rightNames, right] of parse(dim)) {
        accumulate(next, multiplyNames(leftNames, rightNames), left * right);
      }
    }
    product = next;
  }
  return format(product);
}

/** The quotient of two sizes, or undefined where it is no whole size for every value of the names. */
export function divideDims(dividend: Dim, divisor: Dim): Dim | undefined {
  if (dividend === divisor) return 1;
  const rest = parse(dividend);
  const terms = [...parse(divisor)];
  const lead = leadingTerm(terms);
  if (lead === undefined) return undefined;
  const quotient: Polynomial = new Map();
  for (let term = leadingTerm(rest); term !== undefined; term = leadingTerm(rest)) {
    const names = removeNames(term[0], lead[0]);
    const factor = term[1] / lead[1];
    if (names === undefined || !Number.isInteger(factor)) return undefined;
    accumulate(quotient, names, factor);
    for (const [others, times] of terms) accumulate(rest, multiplyNames(names, others), -factor * times);
  }
  return format(quotient);
}

/** The term of the most names, and among those the first by name: an order that products keep, as long division needs. */
function leadingTerm(terms: Iterable<[string, number]>): [string, number] | undefined {
  const spelled = [...terms].map(term => ({ term, names: splitNames(term[0]) }));
  spelled.sort((a, b) => b.names.length - a.names.length || compareNames(a.names, b.names));
  return spelled[0]?.term;
}

function compareNames(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((name, i) => name !== b[i]);
  return at < 0 ? 0 : a[at]! < b[at]! ? -1 : 1;
}

function splitNames(names: string): string[] {
  return names === '' ? [] : names.split('*');
}

function multiplyNames(a: string, b: string): string {
  return [...splitNames(a), ...splitNames(b)].sort().join('*');
}

function removeNames(from: string, names: string): string | undefined {
  const left = splitNames(from);
  for (const name of splitNames(names)) {
    const at = left.indexOf(name);
    if (at < 0) return undefined;
    left.splice(at, 1);
  }
  return left.join('*');
}

/** The size as a number. @throws `SYMBOLIC_DIMENSION` for a symbolic one: `where` and the shape are named. */
export function fixedDim(dim: Dim | undefined, where: string): number {
  if (typeof dim === 'number') return dim;
  throw new MiniGPT4Error(
    'SYMBOLIC_DIMENSION',
    `${where}: a size must be known when the graph is built, expected a number, got ${dim === undefined ? 'no such dimension' : `"${dim}"`}. Give the input a fixed size there.`,
  );
}

/** Whether two shapes are of the same sizes for every value of the names. */
export function sameDims(a: SymbolicShape, b: SymbolicShape): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** Spells a shape as `[batch, 12, 64]`. */
export function formatShape(shape: SymbolicShape): string {
  return `[${shape.join(', ')}]`;
}
