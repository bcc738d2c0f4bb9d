/** Pixels of a unit, at the 90 dots an inch that the drawing programs of the time took. */
const units: Readonly<Record<string, number>> = {
  '': 1,
  px: 1,
  pt: 1.25,
  pc: 15,
  mm: 90 / 25.4,
  cm: 90 / 2.54,
  in: 90,
};

/**
 * An SVG document that is drawn as large as asked for: old files give a size in millimetres and no view box, and come out
 * clipped or blank where only the size is changed. Undefined where the document has neither.
 */
export function scalableSvg(svg: string, pixels: number): string | undefined {
  const root = /<svg\b[^>]*>/u.exec(svg)?.[0];
  if (root === undefined) return undefined;
  const [width, height] = [length(root, 'width'), length(root, 'height')];
  const hasBox = /\sviewBox\s*=/u.test(root);
  if (!hasBox && (width === undefined || height === undefined)) return undefined;
  const box = hasBox ? '' : ` viewBox="0 0 ${width} ${height}"`;
  const bare = root.replaceAll(/\s(width|height)\s*=\s*("[^"]*"|'[^']*')/gu, '');
  const scaled = bare.replace(/^<svg\b/u, `<svg width="${pixels}" height="${pixels}"${box}`);
  return svg.replace(root, () => scaled);
}

function length(root: string, name: string): number | undefined {
  const match = new RegExp(`\\s${name}\\s*=\\s*["']\\s*(?<value>[\\d.]+)\\s*(?<unit>[a-z]*)`, 'u').exec(root);
  const { value, unit = '' } = match?.groups ?? {};
  const pixels = Number(value) * (units[unit] ?? Number.NaN);
  return pixels > 0 ? pixels : undefined;
}
