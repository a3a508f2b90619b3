/**
 * How a file writes times. Numbers since the epoch tell their unit by their size; whether the day or the
 * month comes first shows only where one of them is above 12.
 */
export type TimeFormat =
  | 'epoch'
  | 's'
  | 'ms'
  | 'us'
  | 'ns'
  | 'iso'
  | 'yyyymmdd'
  | 'dd/mm/yyyy'
  | 'mm/dd/yyyy'
  | 'month-name'
  | 'excel';

interface TimeParser {
  readonly shownAs: string;
  /** Answers with epoch milliseconds; undefined where the text is no such time or no day of the calendar. */
  readonly parse: (text: string) => number | undefined;
}

export const TIME_FORMATS: Readonly<Record<TimeFormat, TimeParser>> = {
  epoch: { shownAs: 'numbers since 1970', parse: parseEpoch },
  s: { shownAs: 'seconds since 1970', parse: (text) => parseScaled(text, 1000) },
  ms: { shownAs: 'milliseconds since 1970', parse: (text) => parseScaled(text, 1) },
  us: { shownAs: 'microseconds since 1970', parse: (text) => parseScaled(text, 1e-3) },
  ns: { shownAs: 'nanoseconds since 1970', parse: (text) => parseScaled(text, 1e-6) },
  iso: { shownAs: 'ISO 8601, UTC where no zone stands', parse: parseIso },
  yyyymmdd: { shownAs: 'YYYYMMDD, UTC', parse: parseCompact },
  'dd/mm/yyyy': { shownAs: 'day, month, year; UTC', parse: (text) => parseSlashed(text, 'day') },
  'mm/dd/yyyy': { shownAs: 'month, day, year; UTC', parse: (text) => parseSlashed(text, 'month') },
  'month-name': { shownAs: 'day and name of the month, UTC', parse: parseNamedMonth },
  excel: { shownAs: 'days since 1899-12-30 (Excel), UTC', parse: parseExcel },
};

export function isTimeFormat(text: string): text is TimeFormat {
  return Object.hasOwn(TIME_FORMATS, text);
}

/** From 1971 on, for each unit, which keeps them and dates such as 20250101 apart. */
const FIRST_SECOND = 31_536_000;
const LAST_SECOND = 4_102_444_800;
const UNITS_A_SECOND = [1, 1e3, 1e6, 1e9] as const;
const UNIT_NAMES = ['seconds', 'milliseconds', 'microseconds', 'nanoseconds'] as const;
const NUMBER = /^\d+(?:\.\d*)?$/;

function parseEpoch(text: string): number | undefined {
  if (!NUMBER.test(text)) return undefined;
  const units = findUnits(text);
  return units === undefined ? undefined : Math.round((Number(text) / units) * 1000);
}

function findUnits(text: string): (typeof UNITS_A_SECOND)[number] | undefined {
  const number = Number(text);
  return UNITS_A_SECOND.find((one) => number >= FIRST_SECOND * one && number < LAST_SECOND * one);
}

/** The format as the report names it, with the units that numbers since 1970 have. */
export function describeTimes(format: TimeFormat, cells: readonly string[]): string {
  const { shownAs } = TIME_FORMATS[format];
  if (format !== 'epoch') return shownAs;
  const found = new Set(cells.map(findUnits));
  const names = UNIT_NAMES.filter((_, at) => found.has(UNITS_A_SECOND[at]));
  return names.length === 0 ? shownAs : `${names.join(' and ')} since 1970`;
}

function parseScaled(text: string, factor: number): number | undefined {
  return NUMBER.test(text) ? Math.round(Number(text) * factor) : undefined;
}

const TIME_OF_DAY = String.raw`(\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?(?:[ -]?([AP])M)?`;
const ZONE = String.raw`\s?(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?`;
const ISO = new RegExp(
  String.raw`^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ]${TIME_OF_DAY}${ZONE})?$`,
  'i',
);
const COMPACT = /^(\d{4})(\d{2})(\d{2})(?:[T ]?(\d{2}):?(\d{2})(?::?(\d{2}))?)?$/;
const SLASHED = new RegExp(
  String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})(?:,?[T ]${TIME_OF_DAY}${ZONE})?$`,
  'i',
);
const MONTH_FIRST = new RegExp(
  String.raw`^([A-Z]{3,9})\.? (\d{1,2}),? (\d{4})(?:,? ${TIME_OF_DAY}${ZONE})?$`,
  'i',
);
const DAY_FIRST = new RegExp(
  String.raw`^(\d{1,2})[ -]([A-Z]{3,9})\.?,?[ -](\d{4})(?:,? ${TIME_OF_DAY}${ZONE})?$`,
  'i',
);
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

function parseIso(text: string): number | undefined {
  const found = ISO.exec(text);
  if (found === null) return undefined;
  const day = dayMs(Number(found[1]), Number(found[3]), Number(found[4]));
  return plus(day, found.slice(5));
}

function parseCompact(text: string): number | undefined {
  const found = COMPACT.exec(text);
  if (found === null) return undefined;
  const day = dayMs(Number(found[1]), Number(found[2]), Number(found[3]));
  return plus(day, [found[4], found[5], found[6]]);
}

function parseSlashed(text: string, first: 'day' | 'month'): number | undefined {
  const found = SLASHED.exec(text);
  if (found === null) return undefined;
  const [one, other] = [Number(found[1]), Number(found[3])];
  const [day, month] = first === 'day' ? [one, other] : [other, one];
  return plus(dayMs(Number(found[4]), month, day), found.slice(5));
}

function parseNamedMonth(text: string): number | undefined {
  const monthFirst = MONTH_FIRST.exec(text);
  const found = monthFirst ?? DAY_FIRST.exec(text);
  if (found === null) return undefined;
  const [name, day] = monthFirst === null ? [found[2], found[1]] : [found[1], found[2]];
  const month = MONTHS.indexOf((name ?? '').slice(0, 3).toLowerCase()) + 1;
  return plus(dayMs(Number(found[3]), month, Number(day)), found.slice(4));
}

function parseExcel(text: string): number | undefined {
  if (!NUMBER.test(text)) return undefined;
  const secondsSince1970 = Math.round((Number(text) - 25_569) * 86_400);
  return secondsSince1970 >= 0 ? secondsSince1970 * 1000 : undefined;
}

/** Undefined for a day that the calendar does not have, such as 30 February, and before 1970. */
function dayMs(year: number, month: number, day: number): number | undefined {
  if (year < 1970 || month < 1 || month > 12 || day < 1) return undefined;
  const at = Date.UTC(year, month - 1, day);
  return new Date(at).getUTCDate() === day ? at : undefined;
}

/** @param parts hours, minutes, seconds, fraction, A or P, zone; those that are not written are undefined */
function plus(day: number | undefined, parts: readonly (string | undefined)[]): number | undefined {
  if (day === undefined) return undefined;
  const [hourText, minute = '0', second = '0', fraction = '0', half, zone] = parts;
  if (hourText === undefined) return day;
  const hour = toHour(Number(hourText), half);
  if (hour === undefined || Number(minute) > 59 || Number(second) > 59) return undefined;
  const seconds = hour * 3600 + Number(minute) * 60 + Number(second);
  return day + seconds * 1000 + Math.round(Number(`0.${fraction}`) * 1000) - zoneMs(zone);
}

/** Undefined for 24 o'clock, and for 13 PM. */
function toHour(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour <= 23 ? hour : undefined;
  if (hour < 1 || hour > 12) return undefined;
  return (hour % 12) + (half.toUpperCase() === 'P' ? 12 : 0);
}

function zoneMs(zone: string | undefined): number {
  const found = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone ?? '');
  if (found === null) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3] ?? 0);
  return (found[1] === '-' ? -1 : 1) * minutes * 60_000;
}

/** Time of a cell that holds a time of day only, such as 09:30:00 or 093000. */
export function parseTimeOfDay(text: string): number | undefined {
  const found = /^(\d{1,2}):?(\d{2})(?::?(\d{2}))?$/.exec(text.trim());
  if (found === null) return undefined;
  return plus(0, [found[1], found[2], found[3]]);
}

export interface TimeDoubt {
  readonly doubt: string;
  readonly choices: readonly TimeFormat[];
}

/** Shapes that tell the formats apart; a cell counts for the first that it has. */
const SHAPES: readonly (readonly [TimeFormat | 'slashed' | 'serial', (text: string) => boolean])[] =
  [
    ['yyyymmdd', (text) => parseCompact(text) !== undefined && /^(?:19|20|21)/.test(text)],
    ['epoch', (text) => parseEpoch(text) !== undefined],
    ['iso', (text) => ISO.test(text)],
    ['slashed', (text) => SLASHED.test(text)],
    ['month-name', (text) => MONTH_FIRST.test(text) || DAY_FIRST.test(text)],
    ['serial', (text) => /^\d{5}(?:\.\d+)?$/.test(text)],
  ];
/** A file may have lines that are no rows; more of them than this is another format. */
const MIN_SHARE = 0.9;

/** The one format that the times of a sample have; a doubt with the choices where there are several. */
export function findTimeFormat(cells: readonly string[]): TimeFormat | TimeDoubt {
  const counts = SHAPES.map(([name]) => ({ name, count: 0 }));
  for (const cell of cells) {
    const count = counts[SHAPES.findIndex(([, fits]) => fits(cell))];
    if (count !== undefined) count.count++;
  }
  const best = counts.reduce((one, other) => (other.count > one.count ? other : one));
  const shaped = counts.reduce((sum, { count }) => sum + count, 0);
  if (best.count === 0) {
    return { doubt: `"${cells[0] ?? ''}" is no time that is known`, choices: [] };
  }
  const others = counts.filter(({ name, count }) => name !== best.name && count > 0);
  if (best.count < MIN_SHARE * shaped) {
    const names = [best, ...others].map(({ name }) => name).join(' and ');
    return { doubt: `times are written in several ways (${names})`, choices: [] };
  }
  if (best.name === 'serial') {
    return { doubt: `"${cells[0] ?? ''}" may be a day of Excel`, choices: ['excel', 's'] };
  }
  return best.name === 'slashed' ? findOrder(cells) : best.name;
}

function findOrder(cells: readonly string[]): TimeFormat | TimeDoubt {
  const choices: readonly TimeFormat[] = ['dd/mm/yyyy', 'mm/dd/yyyy'];
  const isShown = (format: TimeFormat, other: TimeFormat): boolean =>
    cells.some(
      (text) =>
        TIME_FORMATS[format].parse(text) !== undefined &&
        TIME_FORMATS[other].parse(text) === undefined,
    );
  const isDayFirst = isShown('dd/mm/yyyy', 'mm/dd/yyyy');
  const isMonthFirst = isShown('mm/dd/yyyy', 'dd/mm/yyyy');
  if (isDayFirst && !isMonthFirst) return 'dd/mm/yyyy';
  if (isMonthFirst && !isDayFirst) return 'mm/dd/yyyy';
  const doubt = `"${cells[0] ?? ''}" may begin with the day or with the month`;
  return { doubt, choices };
}
