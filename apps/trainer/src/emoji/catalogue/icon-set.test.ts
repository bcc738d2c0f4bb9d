import { describe, expect, it } from 'vitest';
import { iconNames, iconSvg } from './icon-set.js';

const set = {
  icons: {
    plain: { body: '<path fill="currentColor"/>' },
    wide: { body: '<g/>', left: 2, top: 4, width: 32, height: 24 },
  },
  aliases: {
    mirrored: { parent: 'wide', hFlip: true },
    twice: { parent: 'mirrored', vFlip: true, rotate: 1 },
    lost: { parent: 'nobody' },
  },
  width: 20,
  height: 20,
};
const open = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"';

describe('iconSvg', () => {
  it('takes sizes from the set where the icon has none, and a dark gray for the colour of the text', () => {
    expect(iconSvg(set, 'plain', 64)).toBe(
      `<svg ${open} width="64" height="64" viewBox="0 0 20 20"><path fill="#222"/></svg>`,
    );
  });

  it('turns and mirrors in the box of the icon', () => {
    expect(iconSvg(set, 'wide', 8)).toContain('viewBox="2 4 32 24"><g/></svg>');
    expect(iconSvg(set, 'mirrored', 8)).toContain('<g transform="translate(36 0) scale(-1 1)"><g/></g>');
    expect(iconSvg(set, 'twice', 8)).toContain(
      '<g transform="rotate(90 18 16) translate(36 0) scale(-1 1) translate(0 32) scale(1 -1)"><g/></g>',
    );
  });

  it('knows what it has', () => {
    expect(iconNames(set)).toEqual(['plain', 'wide']);
    expect(iconSvg(set, 'lost', 8)).toBeUndefined();
    expect(iconSvg(set, 'absent', 8)).toBeUndefined();
  });
});
