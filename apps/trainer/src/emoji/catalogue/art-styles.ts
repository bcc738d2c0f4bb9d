/** What a style's pictures are for. */
export type StyleUse = 'train' | 'validation' | 'test';

/** How a style's pictures are tied to code points. */
export type Join = 'characters' | 'names' | 'fxemoji table' | 'country letters' | 'file names';

/** The drawings of one hand. */
export interface ArtStyle {
  /** What samples are called after. */
  readonly name: string;
  readonly package: string;
  /** Whose hand it is: two styles of a vendor never stand on both sides of a split. */
  readonly vendor: string;
  readonly use: StyleUse;
  /** The file or, for training, the run of shards that its samples go into. */
  readonly set: string;
  readonly join: Join;
  /** Which concepts are taken: things are all but flags. */
  readonly takes: 'things' | 'things and flags' | 'country flags';
  /** Another style: only what that one draws too is taken, as the official part of this one. */
  readonly within?: string;
  /** Whether one skin tone of each concept that has them is taken as well. */
  readonly tones: boolean;
  /** SPDX identifier of the pictures' licence. */
  readonly license: string;
  readonly licenseUrl: string;
  /** Who is to be named, and where the drawings come from. */
  readonly credit: string;
  readonly source: string;
  /** Said in the NOTICE about the licence. */
  readonly remark?: string;
}

const byAttribution = { license: 'CC-BY-4.0', licenseUrl: 'https://creativecommons.org/licenses/by/4.0/' } as const;
const apache = { license: 'Apache-2.0', licenseUrl: 'https://www.apache.org/licenses/LICENSE-2.0' } as const;
const mit = { license: 'MIT', licenseUrl: 'https://opensource.org/license/mit' } as const;
const noto = {
  vendor: 'Google',
  credit: 'Google',
  source: 'https://github.com/googlefonts/noto-emoji',
  ...apache,
} as const;
const fluent = {
  vendor: 'Microsoft',
  credit: 'Microsoft Corporation',
  source: 'https://github.com/microsoft/fluentui-emoji',
  ...mit,
} as const;
const emojiOne = {
  vendor: 'EmojiOne',
  credit: 'EmojiOne 2 (emojione.com)',
  source: 'https://github.com/EmojiTwo/emojitwo',
  ...byAttribution,
} as const;

/** Every style, in the order their samples are numbered. */
export const artStyles: readonly ArtStyle[] = [
  {
    name: 'noto',
    package: '@iconify-json/noto',
    use: 'train',
    set: 'stage1',
    join: 'characters',
    takes: 'things',
    tones: true,
    ...noto,
  },
  {
    name: 'noto-v1',
    package: '@iconify-json/noto-v1',
    use: 'train',
    set: 'stage1',
    join: 'names',
    takes: 'things',
    tones: true,
    ...noto,
  },
  {
    name: 'twemoji',
    package: '@iconify-json/twemoji',
    vendor: 'Twitter',
    use: 'test',
    set: 'test-twemoji',
    join: 'characters',
    takes: 'things',
    tones: false,
    credit: 'Twitter, Inc and other contributors',
    source: 'https://github.com/jdecked/twemoji',
    ...byAttribution,
  },
  {
    name: 'openmoji',
    package: '@iconify-json/openmoji',
    vendor: 'OpenMoji',
    use: 'test',
    set: 'test-openmoji',
    join: 'characters',
    takes: 'things',
    tones: false,
    credit: 'OpenMoji, the open-source emoji and icon project',
    source: 'https://github.com/hfg-gmuend/openmoji',
    license: 'CC-BY-SA-4.0',
    licenseUrl: 'https://creativecommons.org/licenses/by-sa/4.0/',
    remark:
      'Share-alike: pictures of test-openmoji.tar may be passed on under this licence only. They are never trained on and are not in the contact sheet.',
  },
  {
    name: 'fluent-emoji-flat',
    package: '@iconify-json/fluent-emoji-flat',
    use: 'train',
    set: 'stage1',
    join: 'characters',
    takes: 'things',
    tones: true,
    ...fluent,
  },
  {
    name: 'fluent-emoji-high-contrast',
    package: '@iconify-json/fluent-emoji-high-contrast',
    use: 'train',
    set: 'stage1',
    join: 'characters',
    takes: 'things',
    tones: false,
    ...fluent,
  },
  {
    name: 'fxemoji',
    package: '@iconify-json/fxemoji',
    vendor: 'Mozilla',
    use: 'train',
    set: 'stage1',
    join: 'fxemoji table',
    takes: 'things',
    tones: false,
    credit: 'Mozilla Foundation',
    source: 'https://github.com/mozilla/fxemoji',
    remark: 'The package is Apache-2.0, its art CC BY 4.0: both are to be obeyed.',
    ...byAttribution,
  },
  {
    name: 'emojione',
    package: '@iconify-json/emojione',
    use: 'train',
    set: 'stage1',
    join: 'names',
    takes: 'things and flags',
    tones: true,
    ...emojiOne,
  },
  {
    name: 'emojione-monotone',
    package: '@iconify-json/emojione-monotone',
    use: 'train',
    set: 'stage1',
    join: 'names',
    takes: 'things',
    tones: false,
    ...emojiOne,
  },
  {
    name: 'streamline-emojis',
    package: '@iconify-json/streamline-emojis',
    vendor: 'Streamline',
    use: 'validation',
    set: 'val-streamline',
    join: 'names',
    takes: 'things',
    tones: false,
    credit: 'Streamline',
    source: 'https://github.com/webalys-hq/streamline-vectors',
    ...byAttribution,
  },
  {
    name: 'fluent-3d',
    package: '@lobehub/fluent-emoji-3d',
    within: 'fluent-emoji-flat',
    use: 'train',
    set: 'stage1',
    join: 'file names',
    takes: 'things',
    tones: true,
    remark: 'Packed by LobeHub.',
    ...fluent,
  },
  {
    name: 'circle-flags',
    package: '@iconify-json/circle-flags',
    vendor: 'HatScripts',
    use: 'train',
    set: 'stage1',
    join: 'country letters',
    takes: 'country flags',
    tones: false,
    credit: 'HatScripts',
    source: 'https://github.com/HatScripts/circle-flags',
    ...mit,
  },
  {
    name: 'flagpack',
    package: '@iconify-json/flagpack',
    vendor: 'Yummygum',
    use: 'train',
    set: 'stage1',
    join: 'country letters',
    takes: 'country flags',
    tones: false,
    credit: 'Yummygum',
    source: 'https://github.com/Yummygum/flagpack-core',
    ...mit,
  },
];
