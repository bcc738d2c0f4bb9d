/** What a number given on the command line or to the HTTP API may be. */
export interface SettingRange {
  /** Smallest value allowed. */
  readonly minimum: number;
  /** Largest value allowed. */
  readonly maximum: number;
  /** True when only whole numbers are allowed. */
  readonly whole: boolean;
}

/** Every number a user can choose, by its name, with the values it may have. */
export const settingRanges = {
  temperature: { minimum: 0, maximum: 100, whole: false },
  topP: { minimum: 0.001, maximum: 1, whole: false },
  topK: { minimum: 1, maximum: 1_000_000, whole: true },
  repetitionPenalty: { minimum: 0.01, maximum: 100, whole: false },
  beams: { minimum: 1, maximum: 64, whole: true },
  maxNewTokens: { minimum: 1, maximum: 100_000, whole: true },
  seed: { minimum: 0, maximum: 4_294_967_295, whole: true },
  port: { minimum: 0, maximum: 65_535, whole: true },
  threads: { minimum: 1, maximum: 256, whole: true },
} as const satisfies Record<string, SettingRange>;

/** Name of a number a user can choose. */
export type SettingName = keyof typeof settingRanges;

/** The values a setting may have, in words: `a whole number from 1 to 64`. */
export function describeRange(name: SettingName): string {
  const { minimum, maximum, whole } = settingRanges[name];
  return `${whole ? 'a whole number' : 'a number'} from ${minimum} to ${maximum}`;
}

/** True when `value` is a number this setting may have. */
export function isInRange(name: SettingName, value: unknown): value is number {
  const { minimum, maximum, whole } = settingRanges[name];
  return (
    typeof value === 'number' &&
    value >= minimum &&
    value <= maximum &&
    (whole ? Number.isInteger(value) : Number.isFinite(value))
  );
}
