export type DecimalSign = '.' | ',';

const PLAIN = /^\d+(?:\.\d+)?$/;
const POINT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const POINT_GROUPED = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$/;
const COMMA_GROUPED = /^[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?$/;
/** Signs of money before a price, and spaces that group digits. */
const ORNAMENTS = /^[$€£¥]\s?|[\s\u00a0\u202f']/g;
const MULTIPLIERS: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 };
const NO_VALUE = new Set(['', '-', '–', 'null', 'nan', 'none', 'n/a', 'na']);

/** NaN for what is no number. An empty cell is no number, not 0. */
export function parseNumber(text: string, decimal: DecimalSign): number {
  if (decimal === '.' && PLAIN.test(text)) return Number(text);
  const bare = text.trim().replace(ORNAMENTS, '');
  if (decimal === '.') {
    if (POINT.test(bare)) return Number(bare);
    return POINT_GROUPED.test(bare) ? Number(bare.replaceAll(',', '')) : NaN;
  }
  const ungrouped = COMMA_GROUPED.test(bare) ? bare.replaceAll('.', '') : bare;
  const pointed = ungrouped.includes('.') ? 'NaN' : ungrouped.replace(',', '.');
  return POINT.test(pointed) ? Number(pointed) : NaN;
}

/** Also `371.25K`; undefined where a cell holds no value at all. */
export function parseVolume(text: string, decimal: DecimalSign): number | undefined {
  if (decimal === '.' && PLAIN.test(text)) return Number(text);
  const bare = text.trim();
  if (NO_VALUE.has(bare.toLowerCase())) return undefined;
  const multiplier = MULTIPLIERS[bare.slice(-1).toUpperCase()];
  if (multiplier === undefined) return parseNumber(bare, decimal);
  return parseNumber(bare.slice(0, -1), decimal) * multiplier;
}

/** A decimal comma stands before other than three digits, or after a point that groups. */
const SURE_COMMA =
  /^\d+,(?:\d{1,2}|\d{4,})$|^0,\d+$|^\d{4,},\d+$|^\d{1,3}(?:\.\d{3})+,\d+$|^\d{1,3}(?:\.\d{3}){2,}$/;
const SURE_POINT =
  /^\d+\.(?:\d{1,2}|\d{4,})$|^0\.\d+$|^\d{4,}\.\d+$|^\d{1,3}(?:,\d{3})+\.\d+$|^\d{1,3}(?:,\d{3}){2,}$|\de[+-]?\d+$/i;
const EITHER_COMMA = /^\d{1,3},\d{3}$/;
const EITHER_POINT = /^\d{1,3}\.\d{3}$/;

/** The decimal sign that cells show, or text that says why they show none. */
export function findDecimalSign(
  cells: readonly string[],
  { mayGroupByPoint }: { readonly mayGroupByPoint: boolean },
): DecimalSign | { readonly doubt: string } {
  const bare = cells.map((cell) =>
    cell
      .trim()
      .replace(ORNAMENTS, '')
      .replace(/[KMBT]$/i, ''),
  );
  const comma = bare.find((cell) => SURE_COMMA.test(cell));
  const point = bare.find((cell) => SURE_POINT.test(cell));
  if (comma !== undefined && point !== undefined) {
    return { doubt: `"${comma}" has a decimal comma and "${point}" a decimal point` };
  }
  if (comma !== undefined) return ',';
  if (point !== undefined) return '.';
  const either =
    bare.find((cell) => EITHER_COMMA.test(cell)) ??
    (mayGroupByPoint ? bare.find((cell) => EITHER_POINT.test(cell)) : undefined);
  if (either === undefined) return '.';
  return { doubt: `"${either}" may be thousands or a fraction` };
}
