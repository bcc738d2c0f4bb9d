import { describe, expect, it } from 'vitest';
import { markdownOf } from './docstring-markdown.js';

describe('markdownOf', () => {
  it('keeps paragraphs and links, and tells errors and examples apart', () => {
    const docstring = `*
 * Opens a {@link Checkpoint}
 * and reads it.
 *
 * - one
 * - two
 * @throws \`A\` when it
 * fails, \`B\`.
 *
 * @example
 * await using a = await open('a');
 *   a.read();
 `;
    expect(markdownOf(docstring)).toBe(`Opens a \`Checkpoint\`
and reads it.

- one
- two

Throws: \`A\` when it
fails, \`B\`.

\`\`\`ts
await using a = await open('a');
  a.read();
\`\`\``);
  });

  it('splits what stands on one line', () => {
    expect(markdownOf('* A sum. @throws `X` for none. ')).toBe('A sum.\n\nThrows: `X` for none.');
    expect(markdownOf('* A mail to me@example.com. ')).toBe('A mail to me@example.com.');
  });
});
