import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { MiniGPT4Error } from '@minigpt4/core';
import { builtInConfigs } from '../configs/built-in-configs.js';
import { readOriginalYaml } from './original-yaml.js';
import { checkConfig, type DatasetConfig, type TrainConfig } from './train-config.js';

/** Values by dotted name, and where they come from. */
export interface ConfigLayer {
  readonly source: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A configuration, and how it came about. */
export interface ResolvedConfig {
  readonly config: TrainConfig;
  /** Where each value comes from, by dotted name. */
  readonly sources: ReadonlyMap<string, string>;
  /** Sentences for the user, such as unknown keys of a file. */
  readonly warnings: readonly string[];
}

/** What {@link resolveConfig} starts from. */
export interface ConfigRequest {
  readonly stage: TrainConfig['stage'];
  /** Name of a built-in configuration or path of a YAML file of the original's. */
  readonly config: string;
  /** Folder that relative paths start from. */
  readonly directory: string;
  /** What the command line says, in order; later ones win. */
  readonly layers: readonly ConfigLayer[];
  /** Changes the data sets of the layers below, such as their batch size; the same list for no change. Defaults to no change. */
  readonly changeDatasets?: (datasets: readonly DatasetConfig[]) => readonly DatasetConfig[];
}

/**
 * Lays a command line over a configuration file or a built-in configuration.
 * @throws `CONFIG_UNKNOWN` for a name that is neither, `CONFIG_INVALID`, `CONFIG_UNSUPPORTED`
 */
export function resolveConfig(request: ConfigRequest): ResolvedConfig {
  const { layers: base, warnings } = baseLayers(request);
  const values = new Map<string, unknown>();
  const sources = new Map<string, string>();
  for (const { source, values: layer } of [...base, ...request.layers]) {
    for (const [name, value] of Object.entries(layer)) {
      values.set(name, value);
      sources.set(name, source);
    }
  }
  const datasets = values.get('datasets') as readonly DatasetConfig[];
  const changed = request.changeDatasets?.(datasets) ?? datasets;
  if (changed !== datasets) {
    values.set('datasets', changed);
    sources.set('datasets', 'command line');
  }
  const config = checkConfig(nested(values));
  return { config: withLongEnoughSchedule(config), sources, warnings };
}

/** The cosine would rise again behind its end, so a longer run stretches it. */
function withLongEnoughSchedule(config: TrainConfig): TrainConfig {
  const { maxEpoch, itersPerEpoch } = config.schedule;
  if (config.steps <= maxEpoch * itersPerEpoch) return config;
  return { ...config, schedule: { ...config.schedule, maxEpoch: 1, itersPerEpoch: config.steps } };
}

function baseLayers({ stage, config, directory }: ConfigRequest): { layers: ConfigLayer[]; warnings: string[] } {
  const builtIn = Object.hasOwn(builtInConfigs, config) ? builtInConfigs[config] : undefined;
  if (builtIn) {
    return { layers: [{ source: `built-in ${config}`, values: flattened(builtIn[stage]) }], warnings: [] };
  }
  const file = resolve(directory, config);
  if (!/\.ya?ml$/iu.test(file) || !existsSync(file)) throw unknownConfig(config);
  const { values, unknownKeys } = readOriginalYaml(file, directory);
  const name = basename(file).replace(/\.ya?ml$/iu, '');
  const layers = [
    { source: 'built-in original', values: flattened(builtInConfigs.original![stage]) },
    { source: basename(file), values: { name: name.replaceAll(/[^\w.-]/gu, '-'), ...values } },
  ];
  const warning = `${file}: unknown ${unknownKeys.length === 1 ? 'key' : 'keys'} ${unknownKeys.join(', ')}, without effect. Check the spelling.`;
  return { layers, warnings: unknownKeys.length > 0 ? [warning] : [] };
}

function unknownConfig(config: string): MiniGPT4Error {
  return new MiniGPT4Error(
    'CONFIG_UNKNOWN',
    `configuration: nothing found, expected ${Object.keys(builtInConfigs).join(', ')} or an existing .yaml file of the original's, got "${config}". Check the spelling or the path.`,
  );
}

/** Every value of a configuration by its dotted name; lists are values. */
export function flattened(value: object, prefix = ''): Record<string, unknown> {
  const entries = Object.entries(value).flatMap(([key, item]: [string, unknown]): [string, unknown][] => {
    const name = `${prefix}${key}`;
    const isMapping = typeof item === 'object' && item !== null && !Array.isArray(item);
    return isMapping ? Object.entries(flattened(item, `${name}.`)) : [[name, item]];
  });
  return Object.fromEntries(entries);
}

/** The other way round. */
function nested(values: ReadonlyMap<string, unknown>): object {
  const root = new Map<string, unknown>();
  for (const [name, value] of values) {
    const keys = name.split('.');
    let at = root;
    for (const key of keys.slice(0, -1)) {
      const next = at.get(key);
      const inner = next instanceof Map ? (next as Map<string, unknown>) : new Map<string, unknown>();
      at.set(key, inner);
      at = inner;
    }
    at.set(keys.at(-1)!, value);
  }
  return toObject(root);
}

function toObject(map: ReadonlyMap<string, unknown>): object {
  const entries = [...map].map(([key, value]) => [key, value instanceof Map ? toObject(value) : value] as const);
  return Object.fromEntries(entries) as object;
}
