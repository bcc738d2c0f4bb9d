import { megabytes, ratioCell, tableLine } from '../table.js';
import type { LanguageFigures } from './language-job.js';
import type { LanguageRow } from './language-runs.js';

const columns = [
  '',
  'convert s',
  'peak MB',
  'disk MB',
  'load s',
  'prefill/s',
  'decode/s',
  'peak MB',
  'now MB',
  'files MB',
  'prefill',
  'decode',
  'peak',
  'now',
];
const widths = [26, 9, 8, 8, 7, 9, 9, 8, 8, 8, 8, 8, 7, 7];

/** The heads of the columns. */
export const heading = tableLine(columns, widths);

/** One line of the table of `bench llm`; the last four cells are ours over llama.cpp's. */
export function languageTableRow(row: LanguageRow): string {
  const { conversion, ratios } = row;
  const cells = [
    row.name,
    conversion?.seconds.toFixed(1) ?? '',
    conversion === undefined ? '' : megabytes(conversion.peakBytes),
    megabytes(row.diskBytes),
    row.loadSeconds.toFixed(1),
    row.prefill.toFixed(1),
    row.decode.toFixed(2),
    megabytes(row.peakBytes),
    megabytes(row.residentBytes),
    megabytes(row.fileBytes),
    ratioCell(ratios?.prefill),
    ratioCell(ratios?.decode),
    ratioCell(ratios?.peakBytes),
    ratioCell(ratios?.residentBytes),
  ];
  return tableLine(cells, widths);
}

/** The ways that ours chose, in words. */
export function pathsLine({ decode, prefill, prefillFrom }: NonNullable<LanguageFigures['paths']>): string {
  return decode === prefill ? decode : `${decode}, ${prefill} from ${prefillFrom} rows`;
}
