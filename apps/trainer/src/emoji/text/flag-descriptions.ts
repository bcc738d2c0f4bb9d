/** A country of the World Factbook, as far as it is read. */
export interface FactbookCountry {
  readonly Government?: {
    readonly 'Country name'?: Readonly<Record<string, { readonly text?: string } | undefined>>;
    readonly 'Flag description'?: { readonly text?: string };
  };
}

/** Characters of a description at most. */
const mostCharacters = 160;

/** What flags look like by the names of their countries, from the World Factbook: for `Sweden`, `blue with a golden yellow cross …`. */
export function readFlagDescriptions(countries: readonly FactbookCountry[]): (country: string) => string | undefined {
  const byName = new Map<string, string>();
  for (const { Government: government } of countries) {
    const description = firstClause(government?.['Flag description']?.text ?? '');
    if (description === undefined) continue;
    const names = government?.['Country name'] ?? {};
    for (const kind of ['conventional short form', 'conventional long form']) {
      const key = nameKey(names[kind]?.text ?? '');
      if (key !== '' && key !== 'none' && !byName.has(key)) byName.set(key, description);
    }
  }
  return country => byName.get(nameKey(country));
}

/** The part before the first semicolon; undefined where it does not go on from `It has`. */
function firstClause(text: string): string | undefined {
  const clause = text.split(';')[0]!.replaceAll(/\s+/gu, ' ').trim();
  const isPhrase = clause.length > 2 && !/\b(is|are|was) used\b|^(note|none|no flag|unofficial)/iu.test(clause);
  return isPhrase ? shortened(clause).replace(/[\s.,:-]+$/u, '') : undefined;
}

function shortened(clause: string): string {
  if (clause.length <= mostCharacters) return clause;
  const start = clause.slice(0, mostCharacters + 1);
  const comma = start.lastIndexOf(', ');
  const words = start.slice(0, comma > mostCharacters / 2 ? comma : start.lastIndexOf(' '));
  return words.replace(/(\s+(a|above|an|and|at|by|in|of|on|or|the|to|which|with))+$/u, '');
}

function nameKey(name: string): string {
  return name
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/\bst\.?\s/gu, 'saint ')
    .replaceAll('&', 'and')
    .replaceAll(/\([^)]*\)|\bthe\b/gu, ' ')
    .replaceAll(/[^a-z]+/gu, '');
}
