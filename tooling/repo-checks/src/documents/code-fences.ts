/** A block of code in a Markdown text. */
export interface CodeFence {
  /** What follows the opening backticks, such as `ts`; empty for output. */
  readonly language: string;
  readonly code: string;
  /** Line of its first line of code, counted from 1. */
  readonly line: number;
  /** The block without a language that comes next, with nothing but blank lines between: what the program prints. */
  readonly output: string | undefined;
}

/** The fenced blocks of a Markdown text, in order. */
export function codeFences(markdown: string): CodeFence[] {
  const blocks = [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(match => {
    const [whole, language = '', code = ''] = match;
    return { language, code, start: match.index, end: match.index + whole.length };
  });
  return blocks.map(({ language, code, start, end }, i) => {
    const next = blocks[i + 1];
    const isOutput = language !== '' && next?.language === '' && markdown.slice(end, next.start).trim() === '';
    const line = markdown.slice(0, start).split('\n').length + 1;
    return { language, code, line, output: isOutput ? next.code : undefined };
  });
}
