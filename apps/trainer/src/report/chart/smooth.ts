/** A point of a curve: step and value. */
export type Point = readonly [number, number];

/** The curve's exponential moving average, without the pull of a starting value. `window` is in points. */
export function smoothed(points: readonly Point[], window: number): Point[] {
  const keep = 1 - 1 / Math.max(1, window);
  let [sum, weight] = [0, 0];
  return points.map(([step, value]) => {
    sum = keep * sum + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    return [step, sum / weight];
  });
}

/** At most `most` points, each the mean of neighbours; the first and the last stay as they are. */
export function thinned(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most) return points;
  const inner = points.slice(1, -1);
  const groups = Array.from({ length: most - 2 }, (_, i) =>
    inner.slice(Math.floor((i * inner.length) / (most - 2)), Math.floor(((i + 1) * inner.length) / (most - 2))),
  );
  const mean = (group: readonly Point[], part: 0 | 1) =>
    group.reduce((sum, point) => sum + point[part], 0) / group.length;
  return [points[0]!, ...groups.map((group): Point => [mean(group, 0), mean(group, 1)]), points.at(-1)!];
}
