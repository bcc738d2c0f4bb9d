import { describe, expect, it } from 'vitest';
import { Html, html } from './html.js';

describe('html', () => {
  it('escapes values, takes markup and lists as they are, and leaves out nothing', () => {
    const inner = html`<i title="${'"\''}">${'<&>'}</i>`;
    expect(inner.text).toBe('<i title="&quot;&#39;">&lt;&amp;&gt;</i>');
    expect(html`<p>${[inner, ' ', 3, undefined, false]}${new Html('<br>')}</p>`.text).toBe(
      `<p>${inner.text} 3<br></p>`,
    );
  });
});
