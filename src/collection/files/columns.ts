import { parseTimeOfDay } from './times.js';

/** What a column of a file may be. */
export type Role =
  'timestamp' | 'symbol' | 'open' | 'high' | 'low' | 'close' | 'price' | 'volume' | 'attributes';

export const ROLES: readonly Role[] = [
  'timestamp',
  'symbol',
  'open',
  'high',
  'low',
  'close',
  'price',
  'volume',
  'attributes',
];

export interface NamedColumn {
  readonly name: string;
  readonly index: number;
}

export interface LeftOutColumn {
  readonly name: string;
  readonly reason: string;
}

/** Which column holds what, by their places. */
export interface ColumnLayout {
  readonly kind: 'candles' | 'prices';
  /** Cells that a line has. */
  readonly width: number;
  readonly timestamp: NamedColumn;
  /** Hours and minutes, where the time stands in two columns. */
  readonly timeOfDay: NamedColumn | undefined;
  readonly symbol: NamedColumn | undefined;
  /** A price is all four. */
  readonly open: NamedColumn;
  readonly high: NamedColumn;
  readonly low: NamedColumn;
  readonly close: NamedColumn;
  readonly volume: NamedColumn | undefined;
  /** Cells of `name=value;name=value`. */
  readonly attributePairs: NamedColumn | undefined;
  /** Columns that are not understood: attributes, if anything. */
  readonly unknown: readonly NamedColumn[];
  readonly leftOut: readonly LeftOutColumn[];
}

/** Headings as people and vendors write them, the surer ones first. */
const HEADINGS: Readonly<Record<Role, readonly string[]>> = {
  timestamp: [
    ...[
      'open time',
      'timeopen',
      'time open',
      'unix',
      'unix timestamp',
      'timestamp',
      'timestamp ms',
    ],
    ...[
      'datetime',
      'date time',
      'time',
      'gmt time',
      'time (utc)',
      'date (utc)',
      'date',
      'snapped at',
    ],
  ],
  symbol: ['symbol', 'item', 'ticker', 'pair', 'instrument', 'name'],
  open: ['open', 'open price', 'opening price'],
  high: ['high', 'high price'],
  low: ['low', 'low price'],
  close: ['close', 'close price', 'closing price', 'close/last', 'last'],
  price: ['price'],
  volume: ['volume', 'vol', 'volume (base)', 'base volume'],
  attributes: ['attributes'],
};

/** Columns that vendors add: they change from bar to bar or know the future, so they describe no item. */
const MARKET_COLUMNS: readonly (readonly [RegExp, string])[] = [
  [/^adj(usted)? close$/, 'it is adjusted by what happened later: it knows the future'],
  [/^(dividends?|stock splits?|capital gains)$/, 'not used'],
  [/^(time ?close|close time|time ?high|time ?low)$/, 'the timeframe says it'],
  [
    /^(unix|unix timestamp|timestamp|timestamp ms|datetime|date time|date|time)$/,
    'another column gives the time',
  ],
  [/^(count|trades|trade ?count|number of trades|txns?)$/, 'the number of trades is not used'],
  [/volume|^vol$|^amount$|^turnover$|^tickvol$/, 'not the volume in units of the instrument'],
  [/^(change|change %|%? ?chg|chg %|change percent|percent change)$/, 'prices say it'],
  [/^(vwap|wap|average|weighted average price)$/, 'not used'],
  [/^(openint|open interest|spread|market ?cap|market cap|per|period|ignore|price)$/, 'not used'],
];

export function normaliseHeading(text: string): string {
  return text
    .toLowerCase()
    .replace(/[<>"*]/g, '')
    .replace(/[\s_.-]+/g, ' ')
    .trim();
}

/** Headings, or text that says why they are none. */
export type LayoutFinding = ColumnLayout | { readonly missing: string };

export interface LayoutHints {
  /** Of a file without a column of names. Its currency is that of the volume that counts. */
  readonly symbol: string | undefined;
  /** Cells of some rows, which tell times of day from other times. */
  readonly rows: readonly (readonly string[])[];
}

/** What the columns are, by their headings. */
export function findLayout(headings: readonly string[], hints: LayoutHints): LayoutFinding {
  const columns = headings.map((name, index) => ({
    name: name.trim(),
    index,
    heading: normaliseHeading(name),
  }));
  const found = new Map<Role, Heading>();
  for (const role of ROLES) {
    const column =
      role === 'volume'
        ? findVolume(columns, symbolIn(found.get('symbol'), hints))
        : findColumn(columns, role);
    if (typeof column === 'string') return { missing: column };
    if (column !== undefined) found.set(role, column);
  }
  return layOut(columns, found, hints);
}

interface Heading extends NamedColumn {
  readonly heading: string;
}

/** Undefined where no column has the role; text where several do. */
function findColumn(columns: readonly Heading[], role: Role): Heading | string | undefined {
  const names = HEADINGS[role];
  const fitting = columns.filter(({ heading }) => names.includes(heading));
  const best = names.find((name) => fitting.some(({ heading }) => heading === name));
  // Times and names may stand in a file in several forms; two prices of one kind may not.
  const isLenient = role === 'timestamp' || role === 'symbol';
  const chosen = isLenient ? fitting.filter(({ heading }) => heading === best) : fitting;
  return chosen.length > 1 ? doubtBetween(role, chosen) : chosen[0];
}

function symbolIn(column: Heading | undefined, hints: LayoutHints): string | undefined {
  return column === undefined ? hints.symbol : hints.rows[0]?.[column.index];
}

function doubtBetween(role: Role, columns: readonly NamedColumn[]): string {
  const places = columns.map(({ name, index }) => `${index + 1} (${name})`).join(' and ');
  const fact = columns.length > 1 ? `columns ${places} may each be` : `column ${places} may be`;
  return `${fact} the ${role}: say with --columns which one is`;
}

/** `Volume BTC` counts in BTC: it is the volume of BTC/USDT, and `volume` beside it then is not. */
function findVolume(
  columns: readonly Heading[],
  symbol: string | undefined,
): Heading | string | undefined {
  const plain = columns.filter(({ heading }) => HEADINGS.volume.includes(heading));
  const named = columns.flatMap((column) => {
    const currency = /^volume \(?([a-z0-9]{2,10})\)?$/.exec(column.heading)?.[1];
    return currency === undefined || currency === 'base' ? [] : [{ column, currency }];
  });
  const ofBase = named.find(({ currency }) => symbol?.toLowerCase().startsWith(currency) === true);
  if (ofBase !== undefined) return ofBase.column;
  const isTold = named.length === 0 || (plain.length > 0 && symbol !== undefined);
  if (isTold) return plain.length > 1 ? doubtBetween('volume', plain) : plain[0];
  return doubtBetween('volume', [...plain, ...named.map(({ column }) => column)]);
}

function layOut(
  columns: readonly Heading[],
  found: ReadonlyMap<Role, Heading>,
  hints: LayoutHints,
): LayoutFinding {
  const anyTime = found.get('timestamp');
  if (anyTime === undefined) {
    const names = columns.map(({ name }) => name).join(', ');
    return { missing: `no column timestamp among ${names}` };
  }
  const prices = findPrices(found);
  if (prices === undefined) {
    return { missing: 'neither open, high, low, close nor price among the columns' };
  }
  const parts = {
    ...findTimes(columns, anyTime, hints),
    ...prices,
    symbol: found.get('symbol'),
    volume: prices.kind === 'candles' ? found.get('volume') : undefined,
    attributePairs: found.get('attributes'),
  };
  const used = new Set<unknown>(Object.values(parts));
  const rest = columns.filter((column) => !used.has(column) && column.heading !== '');
  return {
    ...parts,
    width: columns.length,
    unknown: rest.filter(({ heading }) => reasonToLeaveOut(heading) === undefined),
    leftOut: rest.flatMap(({ name, heading }) => {
      const reason = reasonToLeaveOut(heading);
      return reason === undefined ? [] : [{ name, reason }];
    }),
  };
}

type PriceColumns = Pick<ColumnLayout, 'kind' | 'open' | 'high' | 'low' | 'close'>;

/** A price beside open, high and low is the close, as investing.com writes it. */
function findPrices(found: ReadonlyMap<Role, Heading>): PriceColumns | undefined {
  const [open, high, low] = [found.get('open'), found.get('high'), found.get('low')];
  const price = found.get('price');
  const close = found.get('close') ?? price;
  if (open !== undefined && high !== undefined && low !== undefined && close !== undefined) {
    return { kind: 'candles', open, high, low, close };
  }
  const isAlone = open === undefined && high === undefined && low === undefined;
  if (price === undefined || !isAlone) return undefined;
  return { kind: 'prices', open: price, high: price, low: price, close: price };
}

/** A date and a time of day may stand in two columns. */
function findTimes(
  columns: readonly Heading[],
  anyTime: Heading,
  { rows }: LayoutHints,
): Pick<ColumnLayout, 'timestamp' | 'timeOfDay'> {
  const date = columns.find(({ heading }) => heading === 'date');
  const time = columns.find(({ heading }) => heading === 'time');
  if (date === undefined || time === undefined || rows.length === 0) {
    return { timestamp: anyTime, timeOfDay: undefined };
  }
  const isTimeOfDay = rows.every((cells) => parseTimeOfDay(cells[time.index] ?? '') !== undefined);
  return isTimeOfDay
    ? { timestamp: date, timeOfDay: time }
    : { timestamp: anyTime, timeOfDay: undefined };
}

function reasonToLeaveOut(heading: string): string | undefined {
  return MARKET_COLUMNS.find(([names]) => names.test(heading))?.[1];
}
