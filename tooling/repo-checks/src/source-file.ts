import { parseSync, Visitor, type CallExpression, type Comment, type Program, type StaticExport } from 'oxc-parser';

/** Something that a file imports, or asks the path of. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** A parsed TypeScript or JavaScript file. */
export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** True for what is never published: tests, benches and their fixtures. */
  readonly isTest: boolean;
  readonly imports: readonly Import[];
  readonly exports: readonly StaticExport[];
  readonly program: Program;
  readonly comments: readonly Comment[];
}

/** Parses one file; a syntax error throws, because every other check would be blind to the rest of it. */
export function parseSource(path: string, text: string): SourceFile {
  const { program, module, comments, errors } = parseSync(path, text);
  const first = errors[0];
  if (first) throw new SyntaxError(`${path}: valid TypeScript expected, got: ${first.message}`);
  const imports = importsOf(program).map(({ specifier, start }) => ({ specifier, line: lineOf(text, start) }));
  return { path, text, isTest: isTestPath(path), imports, exports: module.staticExports, program, comments };
}

interface ModuleName {
  readonly specifier: string;
  readonly start: number;
}

function importsOf(program: Program): ModuleName[] {
  const found: ModuleName[] = [];
  const add = (node: { type: string; value?: unknown; start: number } | null | undefined): void => {
    if (node?.type === 'Literal' && typeof node.value === 'string')
      found.push({ specifier: node.value, start: node.start });
  };
  new Visitor({
    ImportDeclaration: ({ source }) => add(source),
    ExportNamedDeclaration: ({ source }) => add(source),
    ExportAllDeclaration: ({ source }) => add(source),
    ImportExpression: ({ source }) => add(source),
    TSImportType: ({ source }) => add(source),
    CallExpression: call => {
      if (asksForModule(call)) add(call.arguments[0]);
    },
  }).visit(program);
  return found;
}

// `require(…)`, `require.resolve(…)` and `import.meta.resolve(…)`
function asksForModule({ callee }: CallExpression): boolean {
  if (callee.type === 'Identifier') return callee.name === 'require';
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return false;
  const { object, property } = callee;
  const holds = object.type === 'MetaProperty' || (object.type === 'Identifier' && object.name === 'require');
  return holds && property.name === 'resolve';
}

/** The line, counted from 1, on which a character stands. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function isTestPath(path: string): boolean {
  return /\.(test|bench)\.[jt]s$/.test(path) || /\/(__fixtures__|test)\//.test(path);
}
