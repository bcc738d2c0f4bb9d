import { type Html, html } from '../html.js';
import { linearTicks, logTicks, tickText } from './axis-ticks.js';
import { type Point, thinned } from './smooth.js';

/** One curve. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  /** `faint` for what is shown smoothed beside it, `marked` for few points, dashed with a dot at each. */
  readonly style: 'faint' | 'plain' | 'marked';
  /** 0 for the run, 1 for the one it is held against. */
  readonly colour: 0 | 1;
}

/** A chart over steps. */
export interface LineChart {
  readonly title: string;
  /** Behind the title. Defaults to nothing. */
  readonly unit?: string;
  readonly series: readonly Series[];
  /** Whether the values' logarithms are what is shown; values must be above 0. Defaults to false. */
  readonly logarithmic?: boolean;
  /** Whether the chart has a row of the page to itself. Defaults to false. */
  readonly wide?: boolean;
}

/** Where the curves are drawn, in units of the SVG. */
interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const margins = { left: 58, top: 12 };
const small: Frame = { width: 560, height: 250, ...margins, right: 546, bottom: 220 };
const large: Frame = { width: 1140, height: 360, ...margins, right: 1126, bottom: 330 };
const mostPoints = 400;

interface Scale {
  readonly low: number;
  readonly high: number;
  place(value: number): number;
}

/** A chart as inline SVG with axes, grid, legend and, where scripts run, the values under the pointer. */
export function lineChart({ title, unit, series, logarithmic = false, wide = false }: LineChart): Html {
  const drawable = series
    .map(one => ({
      ...one,
      points: thinned(
        one.points.filter(point => isDrawable(point, logarithmic)),
        mostPoints,
      ),
    }))
    .filter(({ points }) => points.length > 0);
  const open = html`<figure class="chart${wide && ' wide'}"><figcaption>${title}${unit !== undefined && html` <span class="unit">${unit}</span>`}</figcaption>`;
  if (drawable.length === 0) return html`${open}<p class="empty">nothing logged</p></figure>`;

  const frame = wide ? large : small;
  const steps = drawable.flatMap(({ points }) => points.map(([step]) => step));
  const values = drawable.flatMap(({ points }) => points.map(([, value]) => value));
  const x = scale([Math.min(...steps), Math.max(...steps)], [frame.left, frame.right]);
  const y = valueScale(values, frame, logarithmic);
  return html`${open}
<svg viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-label="${title}" data-left="${frame.left}" data-right="${frame.right}" data-low="${x.low}" data-high="${x.high}">
${valueGrid(y, frame, logarithmic)}${stepGrid(x, frame)}
${drawable.map(one => curve(one, x, y))}
<line class="cursor" y1="${frame.top}" y2="${frame.bottom}"/>
</svg>
<p class="legend">${drawable.map(legendEntry)}</p>
</figure>`;
}

function isDrawable([step, value]: Point, logarithmic: boolean): boolean {
  return Number.isFinite(step) && Number.isFinite(value) && (!logarithmic || value > 0);
}

function scale(
  [low, high]: readonly [number, number],
  [from, to]: readonly [number, number],
  shape: (value: number) => number = value => value,
): Scale {
  const start = shape(low);
  const span = shape(high) - start || 1;
  return { low, high, place: value => from + ((shape(value) - start) / span) * (to - from) };
}

function valueScale(values: readonly number[], { top, bottom }: Frame, logarithmic: boolean): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (logarithmic) return scale([low / 1.1, high * 1.1], [bottom, top], Math.log);
  const margin = (high - low || Math.abs(high) || 1) * 0.06;
  // curves that stay above 0 show it where it is near
  const start = low >= 0 && low < 0.4 * high ? 0 : low - margin;
  return scale([start, high + margin], [bottom, top]);
}

function valueGrid(y: Scale, { left, right }: Frame, logarithmic: boolean): Html {
  const ticks = logarithmic ? logTicks(y.low, y.high) : linearTicks(y.low, y.high);
  const lines = ticks.map(tick => {
    const at = y.place(tick).toFixed(1);
    return html`<line x1="${left}" x2="${right}" y1="${at}" y2="${at}"/><text x="${left - 8}" y="${at}" dy="0.32em" text-anchor="end">${tickText(tick)}</text>`;
  });
  return html`<g class="grid">${lines}</g>`;
}

function stepGrid(x: Scale, { left, right, bottom }: Frame): Html {
  const texts = linearTicks(x.low, x.high, 6).map(
    tick =>
      html`<text x="${x.place(tick).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${tickText(tick)}</text>`,
  );
  return html`<g class="grid">${texts}<line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/></g>`;
}

function curve({ points, style, colour }: Series, x: Scale, y: Scale): Html {
  const placed = points.map(([step, value]) => [x.place(step).toFixed(1), y.place(value).toFixed(1)] as const);
  const dots = style === 'marked' || points.length === 1 ? placed : [];
  return html`<polyline class="${style} colour${colour}" points="${placed.join(' ')}"/>${dots.map(
    ([cx, cy]) => html`<circle class="colour${colour}" cx="${cx}" cy="${cy}" r="3"/>`,
  )}`;
}

/** The legend holds the points as data, so that the page's script can show the values under the pointer. */
function legendEntry({ name, style, colour, points }: Series): Html {
  const data = JSON.stringify(points.map(([step, value]) => [Math.round(step), Number(value.toPrecision(5))]));
  return html`<span class="entry ${style} colour${colour}" data-points="${data}"><i></i>${name} <b></b></span>`;
}
