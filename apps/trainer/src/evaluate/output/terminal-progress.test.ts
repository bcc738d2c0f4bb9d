import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { terminalProgress } from './terminal-progress.js';

function collected(properties: { readonly isTTY?: boolean; readonly columns?: number }) {
  const texts: string[] = [];
  const stream = new Writable({ write: (chunk: Buffer, _, done) => (texts.push(chunk.toString()), done()) });
  return { texts, stderr: Object.assign(stream, properties) };
}

describe('terminalProgress', () => {
  it('writes over one line of a terminal, no wider than it, and takes it off at the end', () => {
    const { texts, stderr } = collected({ isTTY: true, columns: 12 });
    const progress = terminalProgress({ stderr, what: 'pictures' });
    progress.update({ done: 2, total: 8 });
    progress.finish();
    expect(texts).toEqual(['\r\u001b[K2/8 picture', '\r\u001b[K']);
  });

  it('says nothing within the first seconds elsewhere, and never when it is to be quiet', () => {
    const { texts, stderr } = collected({});
    const progress = terminalProgress({ stderr, what: 'pictures' });
    progress.update({ done: 2 });
    progress.finish();
    const quiet = collected({ isTTY: true });
    terminalProgress({ stderr: quiet.stderr, what: 'pictures', quiet: true }).update({ done: 1 });
    expect([...texts, ...quiet.texts]).toEqual([]);
  });
});
