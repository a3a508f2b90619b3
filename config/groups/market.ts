import { custom, list, number, numberOrAuto, optionalText, text } from '../setting.js';
import { readBots, readUrl } from '../setting-readers.js';

export const MARKET_SETTINGS = {
  EXCHANGE: text({ default: 'demo', help: 'Where candles come from: `demo`, or any ccxt id.' }),
  EXCHANGE_BASE_URL: custom({
    default: undefined,
    expected: 'an http or https address',
    read: readUrl,
    help: 'Replaces scheme and host of every address of the exchange: a proxy, a testnet, a test server.',
  }),
  SYMBOLS: list({
    default: ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'],
    help: "Spot markets to follow, or `all` of the venue's with the primary symbol's quote; what it lists or delists meanwhile is noticed within a day.",
  }),
  PRIMARY_SYMBOL: optionalText({
    help: 'Trained first; its quote currency is the one that is traded. Default: the first of SYMBOLS.',
  }),
  REFERENCE_SYMBOLS: list({
    default: [],
    mayBeEmpty: true,
    help: "Market whose returns are context for every other one's features. Default: the primary symbol.",
  }),
  TIMEFRAMES: list({ default: ['1h'], help: 'Lengths of candles, 1m to 1d and 1w.' }),
  BOTS: custom({
    default: ['catboost'] as readonly string[],
    expected: 'names separated by commas',
    read: readBots,
    help: 'Kinds of model to train for each series: catboost, catboost_regressor, random_forest, lstm, transformer. The last two need `npm run setup -- --with torch`.',
  }),
  HISTORY_DAYS: numberOrAuto({
    min: 1,
    max: 5000,
    isWhole: true,
    unit: 'days',
    clock: 'market',
    help: "Training window to back-fill. `auto`: TRAIN_MONTHS_BACK, at least 600 bars. The features' depth of 640 bars comes on top.",
  }),
  ANALYSIS_INTERVAL_SEC: number({
    default: 60,
    min: 1,
    max: 3600,
    unit: 'seconds',
    clock: 'wall',
    help: 'Time between two analysis cycles: prices, stops, training that is due. The demo takes at least four a bar.',
  }),
  PAUSE_COLLECTOR_FILE: text({
    default: 'pause_collector.txt',
    help: 'While this file exists, relative to the working directory, no candles are collected; prices still are.',
  }),
  CSV_DIR: optionalText({
    help: 'Folder of `<name>/<timeframe>/*.csv` (also .csv.gz and .zip) with prices: read as the venue csv:<name>, and again when a file changes.',
  }),
  CSV_PARSE_NAME: optionalText({
    help: 'Attributes in the names of these items, such as `{type} | {variant} ({condition})`.',
  }),
  STALE_DATA_BARS: number({
    default: 3,
    min: 1,
    max: 1000,
    unit: 'bars',
    clock: 'market',
    help: 'A series without a new candle for that long is reported as stale.',
  }),
} as const;
