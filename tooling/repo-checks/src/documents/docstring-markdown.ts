const tags: Readonly<Record<string, string>> = {
  throws: 'Throws',
  returns: 'Returns',
  see: 'See',
  deprecated: 'Deprecated',
};

/** A docstring, without its marks at both ends, as Markdown: paragraphs, errors as a line of their own, examples as code. */
export function markdownOf(docstring: string): string {
  const text = docstring
    .split('\n')
    .map(line => line.replace(/^\s*\*? ?/, '').trimEnd())
    .join('\n')
    .replaceAll(/\{@link ([^}]+)\}/g, '`$1`')
    .trim();
  const [description = '', ...blocks] = text.split(/(?:^|[ \n])@(?=(?:throws|returns|see|deprecated|example|param)\b)/);
  return [description.trim(), ...blocks.map(block)].filter(part => part !== '').join('\n\n');
}

function block(text: string): string {
  const [, tag = '', rest = ''] = /^(\w+)\s*([\s\S]*)$/.exec(text) ?? [];
  if (tag === 'example') return `\`\`\`ts\n${rest.replaceAll(/^```\w*\n?|\n?```$/g, '').trim()}\n\`\`\``;
  if (tag === 'param') return rest.trim().replace(/^(\w+)\s+(?:- )?/, '- `$1`: ');
  return `${tags[tag]}: ${rest.trim()}`;
}
