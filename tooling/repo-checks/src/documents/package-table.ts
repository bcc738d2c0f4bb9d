import { allowedEdges, stages } from '../layer-table.js';
import type { Budgets } from '../published/budgets.js';
import { publishable } from '../published/pack.js';
import type { Repository, WorkspacePackage } from '../repository.js';

/** The published packages from the whole down: the model, what stands on it, its stages in the order of the pipeline, what they stand on, the apps. */
export function inReadingOrder(repository: Repository): WorkspacePackage[] {
  const layers = Object.keys(allowedEdges).toReversed();
  const others = layers.filter(name => !stages.includes(name));
  const whole = others.indexOf('minigpt4');
  const order = ['minigpt4', ...others.slice(0, whole), ...stages, ...others.slice(whole + 1)];
  const rank = ({ name }: WorkspacePackage): number => (order.includes(name) ? order.indexOf(name) : order.length);
  return publishable(repository).toSorted((a, b) => rank(a) - rank(b));
}

/** A Markdown table of the published packages. What is said of each is the `description` of its manifest. */
export function packageTable(repository: Repository, budgets: Budgets): string {
  const ours = new Set(repository.packages.map(({ name }) => name));
  const rows = inReadingOrder(repository).map(({ name, folder, manifest }) => {
    const dependencies = Object.keys(manifest.dependencies ?? {});
    const siblings = dependencies.filter(dependency => ours.has(dependency)).length;
    const count = `${siblings} + ${dependencies.length - siblings}`;
    return `| [\`${name}\`](${folder}) | ${manifest.description} | ${size(budgets[name]?.unpackedBytes)} | ${count} |`;
  });
  return ['| package | what it gives | size | dependencies |', '| --- | --- | ---: | ---: |', ...rows].join('\n');
}

// two digits, so that the table stands while a package changes a little
function size(bytes: number | undefined): string {
  if (bytes === undefined) return '';
  const rounded = Number(bytes.toPrecision(2));
  return rounded >= 1e6 ? `${rounded / 1e6} MB` : `${rounded / 1e3} kB`;
}
