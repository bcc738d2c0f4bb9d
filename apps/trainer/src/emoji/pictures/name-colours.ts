import { paper, type SquarePicture } from './rasterise.js';

type Triple = readonly [number, number, number];

/** Colours that captions speak of, each by an RGB of its middle, chosen to suit flat drawings, whose reds and blues are seldom pure. */
const palette: Readonly<Record<string, Triple>> = {
  black: [18, 2, 0],
  gray: [131, 143, 143],
  white: [236, 246, 243],
  yellow: [235, 207, 29],
  red: [197, 29, 19],
  'light blue': [138, 197, 234],
  tan: [251, 203, 154],
  orange: [254, 140, 1],
  brown: [116, 62, 21],
  blue: [43, 113, 226],
  green: [97, 181, 76],
  purple: [145, 95, 208],
  pink: [251, 148, 182],
};

/** Share of the inked pixels that makes a colour worth naming. */
const leastShare = 0.12;
const mostNames = 3;

/** The colours a picture is mostly made of, the commonest first: one to three names, `white` for a blank one. */
export function nameColours({ data }: SquarePicture): string[] {
  const counts = new Map<string, number>();
  let inked = 0;
  for (let i = 0; i < data.length; i += 3) {
    const [red, green, blue] = [data[i]!, data[i + 1]!, data[i + 2]!];
    if (Math.min(red, green, blue) >= paper) continue;
    inked++;
    const name = nearest(red, green, blue);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const byCount = [...counts].toSorted(([, a], [, b]) => b - a);
  const common = byCount.filter(([, count], i) => i === 0 || count >= inked * leastShare);
  return common.length === 0 ? ['white'] : common.slice(0, mostNames).map(([name]) => name);
}

const middles = Object.entries(palette).map(([name, rgb]) => ({ name, lab: toLab(...rgb) }));
const known = new Map<number, string>();

/** The colour whose middle is nearest in CIE Lab. Nearby shades are taken as one, eight levels of a channel each. */
function nearest(red: number, green: number, blue: number): string {
  const shade = ((red >> 3) << 10) | ((green >> 3) << 5) | (blue >> 3);
  const before = known.get(shade);
  if (before !== undefined) return before;
  const [l, a, b] = toLab((red & ~7) + 3.5, (green & ~7) + 3.5, (blue & ~7) + 3.5);
  const distance = ({ lab }: (typeof middles)[number]) => (lab[0] - l) ** 2 + (lab[1] - a) ** 2 + (lab[2] - b) ** 2;
  const { name } = middles.reduce((best, middle) => (distance(middle) < distance(best) ? middle : best));
  known.set(shade, name);
  return name;
}

/** sRGB (0 to 255) to CIE Lab under D65. */
function toLab(red: number, green: number, blue: number): Triple {
  const [r, g, b] = [red, green, blue].map(linear) as [number, number, number];
  const x = curve((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = curve(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = curve((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function linear(level: number): number {
  const share = level / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function curve(t: number): number {
  return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116;
}
