import type { ImportRequest } from '../../src/collection/files/import-file.js';
import type { Candle } from '../../src/domain/candle.js';

export const HOUR_MS = 3_600_000;
const START = Date.UTC(2025, 0, 14, 20);
const BARS = 30;

/** The same hours in the form of every vendor. */
export const CANDLES: readonly Candle[] = Array.from({ length: BARS }, (_, bar) => {
  const open = 94_000 + bar * 12.5;
  const close = open + (bar % 3) - 1;
  return {
    openTime: START + bar * HOUR_MS,
    open,
    high: Math.max(open, close) + 5.25,
    low: Math.min(open, close) - 4.75,
    close,
    volume: 10 + bar / 4,
  };
});

export interface VendorFile {
  readonly title: string;
  readonly name: string;
  readonly text: string;
  /** As the report names it. */
  readonly source: string;
  readonly symbol: string;
  /** Columns that are named and not used. */
  readonly leftOut: readonly string[];
  readonly changes?: Partial<ImportRequest>;
  /** Where it holds others than all files. */
  readonly candles?: readonly Candle[];
}

function toText(headings: string | undefined, rows: readonly string[]): string {
  return [...(headings === undefined ? [] : [headings]), ...rows, ''].join('\n');
}

function rowsOf(
  toRow: (candle: Candle) => readonly (string | number)[],
  delimiter = ',',
): string[] {
  return CANDLES.map((candle) => toRow(candle).join(delimiter));
}

function values({ open, high, low, close, volume }: Candle): number[] {
  return [open, high, low, close, volume];
}

function iso(openTime: number): string {
  return new Date(openTime).toISOString();
}

function binanceRow(unitsAMs: number): (candle: Candle) => (string | number)[] {
  return (candle) => {
    const open = candle.openTime * unitsAMs;
    const close = (candle.openTime + HOUR_MS) * unitsAMs - 1;
    return [open, ...values(candle), close, candle.volume * candle.close, 77, 5, 470_000, 0];
  };
}

const BINANCE_HEADINGS =
  'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore';
const BINANCE_LEFT_OUT = [
  'close_time',
  'quote_volume',
  'count',
  'taker_buy_volume',
  'taker_buy_quote_volume',
  'ignore',
];
const withoutVolume = CANDLES.map((candle) => ({ ...candle, volume: 0 }));

function germanNumber(value: number): string {
  return value.toString().replace('.', ',');
}

export const VENDOR_FILES: readonly VendorFile[] = [
  {
    title: 'our own form',
    name: 'BTC.csv',
    text: toText(
      'timestamp,open,high,low,close,volume',
      rowsOf((one) => [one.openTime, ...values(one)]),
    ),
    source: 'columns by their headings',
    symbol: 'BTC',
    leftOut: [],
  },
  {
    title: 'Binance Vision without headings, in milliseconds',
    name: 'BTCUSDT-1h-2024-12.csv',
    text: toText(undefined, rowsOf(binanceRow(1))),
    source: 'Binance Vision without headings',
    symbol: 'BTCUSDT',
    leftOut: BINANCE_LEFT_OUT,
  },
  {
    title: 'Binance Vision with headings, in microseconds',
    name: 'BTCUSDT-1h-2025-01.csv',
    text: toText(BINANCE_HEADINGS, rowsOf(binanceRow(1000))),
    source: 'Binance Vision',
    symbol: 'BTCUSDT',
    leftOut: BINANCE_LEFT_OUT,
  },
  {
    title: 'cryptodatadownload with its address line',
    name: 'Binance_BTCUSDT_1h.csv',
    text: [
      'https://www.CryptoDataDownload.com',
      toText(
        'Unix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount',
        rowsOf((one) => {
          const date = iso(one.openTime).slice(0, 19).replace('T', ' ');
          return [one.openTime, date, 'BTC/USDT', ...values(one), one.volume * one.close, 9];
        }).reverse(),
      ),
    ].join('\n'),
    source: 'cryptodatadownload',
    symbol: 'BTC/USDT',
    leftOut: ['Date', 'Volume USDT', 'tradecount'],
  },
  {
    title: 'cryptodatadownload of earlier years',
    name: 'Coinbase_BTCUSD_1h.csv',
    text: toText(
      'date,symbol,open,high,low,close,volume_btc,volume',
      rowsOf((one) => {
        const hour = new Date(one.openTime).getUTCHours();
        const half = `${String(hour % 12 || 12).padStart(2, '0')}-${hour < 12 ? 'AM' : 'PM'}`;
        const date = `${iso(one.openTime).slice(0, 10)} ${half}`;
        return [date, 'BTCUSD', ...values(one), one.volume * one.close];
      }).reverse(),
    ),
    source: 'cryptodatadownload',
    symbol: 'BTC/USD',
    leftOut: ['volume'],
    changes: { symbol: 'BTC/USD' },
  },
  {
    title: 'Kraken OHLCVT',
    name: 'XBTUSD_60.csv',
    text: toText(
      undefined,
      rowsOf((one) => [one.openTime / 1000, ...values(one), 41]),
    ),
    source: 'Kraken OHLCVT',
    symbol: 'XBTUSD',
    leftOut: ['trades'],
  },
  {
    title: 'Yahoo Finance with its adjusted close',
    name: 'BTC-USD.csv',
    text: toText(
      'Datetime,Open,High,Low,Close,Adj Close,Volume',
      rowsOf((one) => {
        const { open, high, low, close, volume } = one;
        return [
          `${iso(one.openTime).slice(0, 19)}+00:00`,
          open,
          high,
          low,
          close,
          close / 2,
          volume,
        ];
      }),
    ),
    source: 'columns by their headings',
    symbol: 'BTC-USD',
    leftOut: ['Adj Close'],
  },
  {
    title: 'yfinance with three lines of headings',
    name: 'BTC.csv',
    text: [
      'Price,Close,High,Low,Open,Volume',
      'Ticker,BTC-USD,BTC-USD,BTC-USD,BTC-USD,BTC-USD',
      'Date,,,,,',
      toText(
        undefined,
        rowsOf((one) => [iso(one.openTime), one.close, one.high, one.low, one.open, one.volume]),
      ),
    ].join('\n'),
    source: 'Yahoo Finance (yfinance)',
    symbol: 'BTC',
    leftOut: [],
  },
  {
    title: 'Stooq with date and time in two columns',
    name: 'btc.v.txt',
    text: toText(
      '<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>',
      rowsOf((one) => {
        const digits = iso(one.openTime).replace(/\D/g, '');
        return ['BTC.V', 60, digits.slice(0, 8), digits.slice(8, 14), ...values(one), 0];
      }),
    ),
    source: 'Stooq',
    symbol: 'BTC.V',
    leftOut: ['<PER>', '<OPENINT>'],
  },
  {
    title: 'TradingView without volume',
    name: 'BTCUSD.csv',
    text: toText(
      'time,open,high,low,close,Volume',
      rowsOf((one) => [one.openTime / 1000, ...values(one).slice(0, 4), '']),
    ),
    source: 'TradingView',
    symbol: 'BTCUSD',
    leftOut: [],
    candles: withoutVolume,
  },
  {
    title: 'investing.com with quoted and shortened numbers',
    name: 'BTC.csv',
    text: toText(
      '"Date","Price","Open","High","Low","Vol.","Change %"',
      rowsOf(({ openTime, open, high, low, close, volume }) => {
        const date = iso(openTime).slice(0, 16).replace('T', ' ');
        const [month, day, rest] = [date.slice(5, 7), date.slice(8, 10), date.slice(11)];
        const prices = [close, open, high, low].map((one) => one.toLocaleString('en-US'));
        const cells = [`${month}/${day}/2025 ${rest}`, ...prices, `${volume / 1000}K`, '0.01%'];
        return cells.map((cell) => `"${cell}"`);
      }),
    ),
    source: 'investing.com',
    symbol: 'BTC',
    leftOut: ['Change %'],
  },
  {
    title: 'a spreadsheet with semicolons and decimal commas',
    name: 'BTC.csv',
    text: toText(
      'date;open;high;low;close;volume',
      rowsOf(({ openTime, ...candle }) => {
        const [day = '', time = ''] = iso(openTime).slice(0, 16).split('T');
        const date = `${day.split('-').reverse().join('.')} ${time}`;
        const { open, high, low, close, volume } = candle;
        return [date, ...[open, high, low, close, volume].map(germanNumber)];
      }, ';'),
    ),
    source: 'columns by their headings',
    symbol: 'BTC',
    leftOut: [],
  },
];
