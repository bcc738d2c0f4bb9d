import type { ClassElement, Function as FunctionNode, Statement, VariableDeclaration } from 'oxc-parser';
import { docstringBefore } from '../declarations.js';
import type { SourceFile } from '../source-file.js';

// longer values say less than the docstring above them
const longestValue = 100;

/** What the source says of a name without how it is done: functions without body, classes without private members. */
export function signatureOf(file: SourceFile, statement: Statement, name: string): string {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
  switch (declaration?.type) {
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
      return head(file, declaration);
    case 'VariableDeclaration':
      return variable(file, declaration, name);
    case 'ClassDeclaration': {
      const start = file.text.slice(declaration.start, declaration.body.start).trim();
      const members = declaration.body.body.flatMap(element => member(file, element));
      return `${start} {\n${members.join('\n')}\n}`;
    }
    default:
      return declaration ? sliceOf(file, declaration) : '';
  }
}

function sliceOf({ text }: SourceFile, { start, end }: { start: number; end: number }): string {
  return text.slice(start, end);
}

function head({ text }: SourceFile, { start, end, body }: FunctionNode): string {
  return text
    .slice(start, body?.start ?? end)
    .trim()
    .replace(/;$/, '');
}

function variable(file: SourceFile, { kind, declarations }: VariableDeclaration, name: string): string {
  const found = declarations.find(({ id }) => id.type === 'Identifier' && id.name === name);
  if (!found) return '';
  const left = `${kind} ${sliceOf(file, found.id)}`;
  const { init } = found;
  if (found.id.typeAnnotation || !init) return left;
  if (init.type === 'ArrowFunctionExpression')
    return `${left} = ${file.text.slice(init.start, init.body.start).trim()} …`;
  const value = sliceOf(file, init);
  return `${left} = ${value.length > longestValue || value.includes('\n') ? '…' : value}`;
}

/** A public member of a class with its docstring, indented. */
function member(file: SourceFile, element: ClassElement): string[] {
  if (element.type !== 'MethodDefinition' && element.type !== 'PropertyDefinition') return [];
  const isHidden = element.accessibility === 'private' || element.accessibility === 'protected';
  if (element.key.type === 'PrivateIdentifier' || isHidden) return [];
  const end = element.type === 'MethodDefinition' ? element.value.body?.start : element.value?.start;
  const code = file.text
    .slice(element.start, end ?? element.end)
    .trim()
    .replace(/\s*[=;]$/, '');
  const docstring = docstringBefore(file, element.start);
  return docstring === undefined ? [`  ${code};`] : [`  /*${docstring}*/`, `  ${code};`];
}
