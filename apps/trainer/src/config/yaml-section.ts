import { MiniGPT4Error } from '@minigpt4/core';

/** One mapping of a YAML file, which remembers what was asked for, so that misspelt keys can be named. */
export class YamlSection {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #asked = new Set<string>();
  readonly #sections: YamlSection[] = [];

  /** @throws `CONFIG_INVALID` when `value` is no mapping; absent and empty ones count as empty. */
  constructor(
    value: unknown,
    private readonly file: string,
    private readonly path = '',
  ) {
    if (value === null || value === undefined) this.#values = {};
    else if (typeof value === 'object' && !Array.isArray(value)) this.#values = value as Record<string, unknown>;
    else throw this.#invalid(path, 'a mapping', value);
  }

  keys(): string[] {
    return Object.keys(this.#values);
  }

  /** A number, also one that is written as a text: some YAML readers take `1e-4` for one. */
  number(key: string): number | undefined {
    const value = this.#ask(key);
    if (value === null || value === undefined) return undefined;
    const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof read === 'number' && Number.isFinite(read)) return read;
    throw this.#invalid(this.#name(key), 'a number', value);
  }

  /** A text; undefined where it is absent, null or empty. */
  text(key: string): string | undefined {
    const value = this.#ask(key);
    if (value === null || value === undefined || value === '') return undefined;
    if (typeof value === 'string') return value;
    throw this.#invalid(this.#name(key), 'a text', value);
  }

  /** A text or a list of texts. */
  texts(key: string): string[] | undefined {
    const value = this.#ask(key);
    if (value === null || value === undefined) return undefined;
    const list: unknown[] = Array.isArray(value) ? value : [value];
    if (list.every(item => typeof item === 'string')) return list;
    throw this.#invalid(this.#name(key), 'a text or a list of texts', value);
  }

  /** Whether a key is there and is not `false`, `null` or nothing. */
  isSet(key: string): boolean {
    const value = this.#ask(key);
    return value !== undefined && value !== null && value !== false && value !== '';
  }

  section(key: string): YamlSection {
    const section = new YamlSection(this.#ask(key), this.file, this.#name(key));
    this.#sections.push(section);
    return section;
  }

  /** Counts keys as known that mean nothing here. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.#asked.add(key);
  }

  /** Full names of all keys, here and below, that nobody asked for. */
  unknown(): string[] {
    const own = this.keys().filter(key => !this.#asked.has(key));
    return [...own.map(key => this.#name(key)), ...this.#sections.flatMap(section => section.unknown())];
  }

  #ask(key: string): unknown {
    this.#asked.add(key);
    return Object.hasOwn(this.#values, key) ? this.#values[key] : undefined;
  }

  #name(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  #invalid(name: string, expected: string, got: unknown): MiniGPT4Error {
    const where = name === '' ? this.file : `${this.file}: ${name}`;
    return new MiniGPT4Error(
      'CONFIG_INVALID',
      `${where}: not usable, expected ${expected}, got ${JSON.stringify(got)}. Correct it.`,
    );
  }
}
