import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { heldOutNames } from '../catalogue/held-out.js';
import { readClipArt } from './clip-art-drawings.js';
import { readClipFacts } from './clip-art-label.js';
import { scalableSvg } from './scalable-svg.js';

const publicDomain = 'http://web.resource.org/cc/PublicDomain';

const clip = (title: string, keywords: readonly string[] = [], license = publicDomain) =>
  `<svg width="10mm" height="20mm"><dc:title>${title}</dc:title>${keywords.map(word => `<rdf:li>${word}</rdf:li>`).join('')}<cc:license rdf:resource="${license}"/><path d="M0 0h9v9z"/></svg>`;

describe('readClipFacts', () => {
  it('takes title and keywords in lower case', () => {
    const svg = clip('Pen &amp; Pencil_Set (blue) 02', [
      'Office',
      'HASH(0x86a4)',
      'writing_tool',
      'unsorted',
      'me@home',
      'office',
    ]);
    expect(readClipFacts('office/pen_02.svg', svg)).toEqual({
      label: 'pen & pencil set',
      keywords: ['office', 'writing tool'],
    });
  });

  it('goes by the name of the file where many share a title', () => {
    expect(readClipFacts('animals/contour_camel01.svg', clip('Clipart by Nicu'))?.label).toBe('contour camel');
    expect(readClipFacts('food/red_wine_.svg', clip(''))?.label).toBe('red wine');
  });

  it.each([
    ['not in the public domain', 'food/pie.svg', clip('pie', [], 'http://creativecommons.org/licenses/GPL/2.0/')],
    ['without a licence', 'food/pie.svg', clip('pie', [], '')],
    ['of a junk folder', 'shapes/stars/pie.svg', clip('pie')],
    ['of a junk collection', 'computer/icons/pie.svg', clip('Lemon SVG theme')],
    ['without a word', 'food/01.svg', clip('01')],
  ])('leaves out a clip %s', (_, path, svg) => {
    expect(readClipFacts(path, svg)).toBeUndefined();
  });
});

describe('scalableSvg', () => {
  it('gives old files a view box at 90 dots an inch', () => {
    expect(scalableSvg('<?xml?><svg width="1in" height="25.4mm" id="a"><g width="5"/></svg>', 256)).toBe(
      '<?xml?><svg width="256" height="256" viewBox="0 0 90 90" id="a"><g width="5"/></svg>',
    );
  });

  it('keeps a view box that is there, and gives up without any size', () => {
    expect(scalableSvg('<svg viewBox="0 0 4 4" height="100%"/>', 8)).toBe(
      '<svg width="8" height="8" viewBox="0 0 4 4"/>',
    );
    expect(scalableSvg('<svg height="5"/>', 8)).toBeUndefined();
    expect(scalableSvg('no picture', 8)).toBeUndefined();
  });
});

describe('readClipArt', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minigpt4-clips-'));
    const files = {
      'openclipart/svg/food/bread.svg': clip('loaf of bread', ['bakery']),
      'openclipart/svg/food/pizza.svg': clip('fast food', ['pizza']),
      'openclipart/svg/food/torta.svg': clip('torta di mele'),
      'openclipart/svg/animals/dog.svg': clip('dogs'),
    };
    for (const [name, svg] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), svg);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const read = (path: string) =>
    readClipArt({
      path,
      heldOut: heldOutNames(['pizza']),
      vocabulary: new Set(['loaf', 'bread', 'fast', 'food', 'dog']),
      firstNumber: 7,
    });

  it('takes English clips that name nothing held out, in the order of their paths', async () => {
    const { drawings, picture } = await read(folder);
    expect(drawings.map(({ key, label, concept }) => [key, label, concept.code, concept.subgroup])).toEqual([
      ['openclipart-00007', 'dogs', 'oc:animals/dog.svg', 'animals'],
      ['openclipart-00008', 'loaf of bread', 'oc:food/bread.svg', 'food'],
    ]);
    const source = picture('food/bread.svg');
    expect(typeof source === 'function' && source(64)).toContain('<svg width="64" height="64" viewBox="0 0 ');
    expect(picture('food/pizza.svg')).toBeUndefined();
  });

  it('says what it expected where there is no clip art', async () => {
    await expect(read(join(folder, 'openclipart/svg/nothing'))).rejects.toMatchObject({ code: 'CLIP_ART_UNREADABLE' });
    await expect(read(join(folder, 'openclipart/svg/food/bread.svg'))).rejects.toMatchObject({
      code: 'CLIP_ART_UNREADABLE',
    });
  });
});
