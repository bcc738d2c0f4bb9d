/** An icon of an Iconify set: SVG elements without the outermost one, and the box they are drawn in. */
interface Icon {
  readonly body: string;
  readonly left?: number;
  readonly top?: number;
  readonly width?: number;
  readonly height?: number;
  readonly hFlip?: boolean;
  readonly vFlip?: boolean;
  /** Quarter turns to the right. */
  readonly rotate?: number;
}

type Alias = Partial<Icon> & { readonly parent: string };

/** An Iconify set as its `icons.json` has it, as far as it is read. */
export interface IconSet {
  readonly icons: Readonly<Record<string, Icon>>;
  readonly aliases?: Readonly<Record<string, Alias>>;
  readonly left?: number;
  readonly top?: number;
  readonly width?: number;
  readonly height?: number;
}

/** Names of the icons that are drawn on their own. Hidden ones are among them: a set hides the second of two equal flags. */
export function iconNames({ icons }: IconSet): string[] {
  return Object.keys(icons);
}

/** An icon as an SVG document of `pixels` by `pixels`; what has the colour of the text becomes a near-black, as other drawings have it. */
export function iconSvg(set: IconSet, name: string, pixels: number): string | undefined {
  const icon = findIcon(set, name);
  if (!icon) return undefined;
  const { body, left = 0, top = 0, width = 16, height = 16 } = icon;
  const drawn = turned(body.replaceAll('currentColor', '#222'), icon, { left, top, width, height });
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${pixels}" height="${pixels}" viewBox="${left} ${top} ${width} ${height}">${drawn}</svg>`;
}

/** An icon with the set's sizes where it has none, by way of its aliases. */
function findIcon({ icons, aliases = {}, ...sizes }: IconSet, name: string): Icon | undefined {
  const { left, top, width, height } = sizes;
  const own = icons[name];
  if (own) return { ...defined({ left, top, width, height }), ...own };
  const changes: Alias[] = [];
  for (let alias = aliases[name]; alias && changes.length < 8; alias = aliases[alias.parent]) changes.unshift(alias);
  const first = icons[changes[0]?.parent ?? ''];
  if (!first) return undefined;
  return changes.reduce<Icon>((icon, change) => ({ ...icon, ...change }), {
    ...defined({ left, top, width, height }),
    ...first,
  });
}

function defined(values: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Mirrors and turns elements within their box. */
function turned(body: string, { hFlip, vFlip, rotate = 0 }: Icon, { left, top, width, height }: Box): string {
  const [x, y] = [left + width / 2, top + height / 2];
  const steps = [
    ...(rotate % 4 === 0 ? [] : [`rotate(${(rotate % 4) * 90} ${x} ${y})`]),
    ...(hFlip ? [`translate(${2 * x} 0) scale(-1 1)`] : []),
    ...(vFlip ? [`translate(0 ${2 * y}) scale(1 -1)`] : []),
  ];
  return steps.length === 0 ? body : `<g transform="${steps.join(' ')}">${body}</g>`;
}
