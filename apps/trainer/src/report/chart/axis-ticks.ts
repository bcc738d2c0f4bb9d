/** Round numbers that divide [low, high] into about `count` parts: steps of 1, 2 or 5 times a power of ten. */
export function linearTicks(low: number, high: number, count = 5): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find(factor => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

/** Powers of ten in [low, high], both above 0; with their 2 and 5 where there are fewer than three. */
export function logTicks(low: number, high: number): number[] {
  const powers: number[] = [];
  const finer: number[] = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.ceil(Math.log10(high)); exponent++) {
    for (const factor of [1, 2, 5]) {
      const tick = Number(`${factor}e${exponent}`);
      if (tick < low * 0.999 || tick > high * 1.001) continue;
      finer.push(tick);
      if (factor === 1) powers.push(tick);
    }
  }
  return powers.length < 3 ? finer : powers;
}

/** A number as short as it can be read: `0.003`, `1e-5`, `12,500`. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  if (size < 0.001) return value.toExponential(1).replace('.0e', 'e');
  return String(Number(value.toPrecision(4)));
}
