import { normaliseHeading } from './columns.js';
import { parseNumber } from './numbers.js';
import { TIME_FORMATS } from './times.js';

const BINANCE_COLUMNS = [
  'open_time',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'close_time',
  'quote_volume',
  'count',
  'taker_buy_volume',
  'taker_buy_quote_volume',
  'ignore',
];
const KRAKEN_COLUMNS = ['time', 'open', 'high', 'low', 'close', 'volume', 'trades'];

/** The vendors whose headings are known, the more telling ones first; all names must be there. */
const VENDORS: readonly (readonly [string, readonly string[]])[] = [
  ['Binance Vision', ['open time', 'close time', 'taker buy volume']],
  ['CoinMarketCap', ['timeopen', 'timeclose', 'marketcap']],
  ['CoinGecko', ['snapped at', 'price', 'market cap']],
  ['investing.com', ['date', 'price', 'open', 'high', 'low']],
  ['Yahoo Finance', ['date', 'open', 'high', 'low', 'close', 'adj close']],
  ['Stooq', ['ticker', 'per', 'date', 'time', 'openint']],
  ['Nasdaq', ['date', 'close/last', 'open', 'high', 'low']],
  ['MetaTrader', ['date', 'open', 'high', 'low', 'close', 'tickvol']],
];
const CRYPTODATADOWNLOAD = /cryptodatadownload/i;
const STOOQ_HEADINGS = 'Date,Open,High,Low,Close,Volume';
const TRADINGVIEW_HEADINGS = 'time,open,high,low,close';

/** Whose headings these are, as the report names it. */
export function nameVendor(headings: readonly string[], preamble: readonly string[]): string {
  const names = headings.map(normaliseHeading);
  const hasCurrencies = names.some((name) => /^volume [a-z]{2,10}$/.test(name));
  if (
    preamble.some((line) => CRYPTODATADOWNLOAD.test(line)) ||
    (hasCurrencies && names.includes('symbol'))
  ) {
    return 'cryptodatadownload';
  }
  const vendor = VENDORS.find(([, wanted]) => wanted.every((name) => names.includes(name)));
  if (vendor !== undefined) return vendor[0];
  const text = headings.join(',');
  if (text.startsWith(STOOQ_HEADINGS)) return 'Stooq, or headings as Stooq writes them';
  if (text.startsWith(TRADINGVIEW_HEADINGS)) return 'TradingView, or headings as it writes them';
  return 'columns by their headings';
}

export interface KnownShape {
  readonly source: string;
  readonly headings: readonly string[];
}

/** Vendors who write no headings, known by the shape of their rows alone. */
export function findShape(rows: readonly (readonly string[])[]): KnownShape | undefined {
  if (rows.length === 0) return undefined;
  if (rows.every(isBinanceRow)) {
    return { source: 'Binance Vision without headings', headings: BINANCE_COLUMNS };
  }
  if (rows.every(isKrakenRow) && !rows.every(hasPriceForVolume)) {
    return { source: 'Kraken OHLCVT', headings: KRAKEN_COLUMNS };
  }
  return undefined;
}

function isBinanceRow(cells: readonly string[]): boolean {
  if (cells.length !== BINANCE_COLUMNS.length || !hasCandle(cells)) return false;
  const [openAt, closeAt] = [epochOf(cells[0]), epochOf(cells[6])];
  // The close is the last millisecond or microsecond of the bar.
  return openAt !== undefined && closeAt !== undefined && closeAt > openAt && cells[11] === '0';
}

function isKrakenRow(cells: readonly string[]): boolean {
  const isWide = cells.length === KRAKEN_COLUMNS.length && hasCandle(cells);
  return isWide && /^\d{9,10}$/.test(cells[0] ?? '') && /^\d+$/.test(cells[6] ?? '');
}

/** Open, high, low and close in this order, as far as values can show it. */
function hasCandle(cells: readonly string[]): boolean {
  const [open = NaN, high = NaN, low = NaN, close = NaN] = cells
    .slice(1, 5)
    .map((cell) => parseNumber(cell, '.'));
  return low > 0 && high >= Math.max(open, close) && low <= Math.min(open, close);
}

/** An adjusted close where Kraken has the volume. */
function hasPriceForVolume(cells: readonly string[]): boolean {
  const [low, value] = [parseNumber(cells[3] ?? '', '.'), parseNumber(cells[5] ?? '', '.')];
  return value > low / 2 && value < low * 2;
}

function epochOf(text: string | undefined): number | undefined {
  return TIME_FORMATS.epoch.parse(text ?? '');
}

/** The instrument that a vendor's name of a file says, such as BTCUSDT of BTCUSDT-1h-2024-01.csv. */
export function symbolInFileName(name: string): string | undefined {
  const binance = /^([A-Z0-9]{3,20})-\d{1,2}(?:s|m|h|d|w|mo)-\d{4}-\d{2}(?:-\d{2})?$/.exec(name);
  const kraken = /^([A-Z0-9.]{3,20})_\d{1,5}$/.exec(name);
  return (binance ?? kraken)?.[1];
}
