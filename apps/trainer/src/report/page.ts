import { Html, html, type HtmlValue } from './html.js';

/** A whole page in one file: it asks nobody for anything, so it opens without a network. */
export function page({ title, body }: { readonly title: string; readonly body: HtmlValue }): string {
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
${body}
<script>${new Html(script)}</script>
</body>
</html>
`;
  return text;
}

const style = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --ink: #1c1d1f; --soft: #63666b; --line: #e3e3e0; --grid: #ecece9;
  --one: #1f66c9; --two: #c2570c; --good: #2c7a3f; --bad: #b3261e; --bad-page: #fdf1ef;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #141517; --card: #1c1e21; --ink: #e7e8ea; --soft: #9a9ea6; --line: #303338; --grid: #282b2f;
    --one: #6aa5f7; --two: #f0964e; --good: #7fc88f; --bad: #f2877d; --bad-page: #2b1d1c;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1200px; padding: 28px 24px 64px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { margin: 0; font-size: 26px; line-height: 1.25; }
h2 { margin: 36px 0 12px; font-size: 18px; }
h3 { margin: 0 0 4px; font-size: 14px; }
.about { margin: 4px 0 0; color: var(--soft); }
.about b { color: var(--ink); font-weight: 600; }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; }
.swatch.colour0 { background: var(--one); } .swatch.colour1 { background: var(--two); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 20px 0 0; padding: 0; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 14px; }
.tile dt { color: var(--soft); font-size: 12.5px; }
.tile dd { margin: 0; font-size: 20px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.tile dd.colour0, .tile dd.colour1 { font-size: 17px; }
.tile .colour0::before, .tile .colour1::before { content: ""; display: inline-block; width: 8px; height: 8px; border-radius: 2px; margin-right: 7px; }
.tile .colour0::before { background: var(--one); } .tile .colour1::before { background: var(--two); }
.alarms { border: 1px solid var(--bad); background: var(--bad-page); border-radius: 8px; padding: 2px 18px 12px; margin-top: 22px; }
.alarms h2 { margin: 10px 0 6px; color: var(--bad); } .alarms ul { margin: 0; padding-left: 18px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px; }
.chart { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px 8px; }
.chart.wide { grid-column: 1 / -1; overflow-x: auto; } .wide svg { min-width: 560px; }
.chart figcaption { font-weight: 600; font-size: 14px; } .unit { color: var(--soft); font-weight: 400; margin-left: 4px; }
.chart svg { display: block; width: 100%; height: auto; touch-action: pan-y; }
.grid line { stroke: var(--grid); } .grid .axis { stroke: var(--soft); }
.grid text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
polyline { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
polyline.faint { stroke-width: 1; opacity: 0.35; } polyline.marked { stroke-dasharray: 5 4; }
polyline.colour0 { stroke: var(--one); } polyline.colour1 { stroke: var(--two); }
circle.colour0 { fill: var(--one); } circle.colour1 { fill: var(--two); }
.cursor { stroke: var(--soft); stroke-dasharray: 2 3; visibility: hidden; } .cursor.shown { visibility: visible; }
.legend { margin: 4px 0 0; display: flex; flex-wrap: wrap; gap: 2px 18px; font-size: 12.5px; color: var(--soft); }
.legend i { display: inline-block; width: 16px; border-top: 2px solid; vertical-align: middle; margin-right: 6px; }
.legend .faint i { opacity: 0.4; } .legend .marked i { border-top-style: dashed; }
.legend .colour0 i { border-color: var(--one); } .legend .colour1 i { border-color: var(--two); }
.legend b { color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 350px), 1fr)); gap: 14px; }
.picture { display: flex; gap: 14px; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px; }
.picture > div { min-width: 0; flex: 1; }
.picture img, .shown { width: 96px; height: 96px; object-fit: contain; background: #fff; border-radius: 6px; flex: none; }
.shown { display: block; margin-bottom: 12px; border: 1px solid var(--line); }
.key { margin: 0 0 4px; color: var(--soft); font-size: 12px; overflow-wrap: anywhere; }
dl { margin: 0; } .picture dt, .answers dt { color: var(--soft); font-size: 12px; margin-top: 6px; }
.picture dd, .answers dd { margin: 0; overflow-wrap: anywhere; }
summary { cursor: pointer; color: var(--soft); font-size: 13px; margin-top: 8px; }
.empty { color: var(--soft); font-style: italic; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13.5px; }
th, td { text-align: left; vertical-align: top; padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { font-weight: 600; } th[scope=row] { color: var(--soft); font-weight: 400; white-space: nowrap; }
.numbers { background: var(--card); } .numbers td, .numbers th { padding: 6px 16px; white-space: nowrap; font-variant-numeric: tabular-nums; }
.numbers td:not(:first-child), .numbers th:not(:first-child) { text-align: right; }
.error { color: var(--soft); font-size: 12px; }
.digest { font-family: ui-monospace, "Cascadia Code", Menlo, Consolas, monospace; font-size: 12.5px; color: var(--soft); }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); gap: 20px; }
.manifest { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 6px 16px 12px; margin-bottom: 12px; }
.manifest summary { margin: 4px 0; font-size: 14px; color: var(--ink); } .manifest h3 { margin-top: 14px; }
.answers { width: 100%; background: var(--card); border: 1px solid var(--line); table-layout: fixed; }
.answers td, .answers th { padding: 8px 12px; } .answers tr > :first-child { width: 200px; }
.badge { display: inline-block; font-size: 11.5px; color: var(--bad); border: 1px solid; border-radius: 10px; padding: 0 7px; margin-left: 6px; }
@media (max-width: 620px) { body { padding: 18px 14px 40px; } .answers tr > :first-child { width: 110px; } }
`;

// shows each curve's value nearest to the pointer
const script = `
for (const chart of document.querySelectorAll('.chart')) {
  const svg = chart.querySelector('svg');
  if (!svg) continue;
  const { left, right, low, high } = svg.dataset;
  const cursor = svg.querySelector('.cursor');
  const entries = [...chart.querySelectorAll('[data-points]')].map(entry => ({ label: entry.querySelector('b'), points: JSON.parse(entry.dataset.points) }));
  const clear = () => { cursor.classList.remove('shown'); for (const { label } of entries) label.textContent = ''; };
  svg.addEventListener('pointermove', event => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse()).x;
    if (at < left || at > right) return clear();
    cursor.classList.add('shown');
    cursor.setAttribute('x1', at); cursor.setAttribute('x2', at);
    const step = Number(low) + (at - left) / (right - left) * (high - low);
    for (const { label, points } of entries) {
      const [nearest, value] = points.reduce((best, point) => Math.abs(point[0] - step) < Math.abs(best[0] - step) ? point : best);
      label.textContent = value + ' at ' + nearest;
    }
  });
  svg.addEventListener('pointerleave', clear);
}
`;
