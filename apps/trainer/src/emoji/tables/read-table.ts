/** The words of a table's lines. */
export function tableWords(lines: readonly string[]): string[] {
  return lines.flatMap(line => line.split(' '));
}

/** The `name=value` pairs of a table's lines, in their order. */
export function tablePairs(lines: readonly string[]): Map<string, string> {
  return new Map(
    tableWords(lines).map(pair => {
      const [name = '', value = ''] = pair.split('=');
      return [name, value];
    }),
  );
}
