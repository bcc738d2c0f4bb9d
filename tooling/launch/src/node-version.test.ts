import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { supportedNode, supports } from './node-version.js';

describe('supports', () => {
  it.each(['20.19.0', '20.20.2', '22.13.0', '22.23.3', '24.0.0', '25.1.0'])('takes Node %s', version => {
    expect(supports(version)).toBe(true);
  });

  it.each(['0.12.18', '12.22.12', '18.20.8', '20.18.3', '21.7.3', '22.12.0', '23.11.1'])('refuses Node %s', version => {
    expect(supports(version)).toBe(false);
  });
});

describe('supportedNode', () => {
  it('names the versions that the root package.json asks for', () => {
    const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    const { engines } = JSON.parse(manifest) as { engines: { node: string } };
    expect(engines.node).toBe('^20.19 || ^22.13 || >=24');
    expect(supportedNode.match(/\d+(\.\d+)?/g)).toEqual(['20.19', '20', '22.13', '22', '24']);
  });
});
