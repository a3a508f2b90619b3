import { describe, expect, it } from 'vitest';
import { readSettings } from '../../config/read-settings.js';
import type { Instrument } from '../domain/market.js';
import type { MarketData } from '../exchange/market-data.js';
import { resolveSymbol } from '../exchange/resolve-symbol.js';
import { ConfigError } from '../lib/errors.js';
import { chooseInstruments } from './choose-instruments.js';

const SPOT = ['ADA/USDT', 'BTC/EUR', 'BTC/USDT', 'ETH/USDT'].map((symbol) => {
  const [base = '', quote = ''] = symbol.split('/');
  return { symbol, marketId: base + quote, base, quote } as Instrument;
});

const DATA = {
  ...{ venue: 'test', timeframes: ['1h', '1d'] },
  listSpot: (quote?: string) => SPOT.filter((one) => quote === undefined || one.quote === quote),
  resolveSymbol: (text: string, configured: readonly string[] = []) =>
    resolveSymbol(text, { venue: 'test', spot: SPOT, configured }),
  assertTimeframe: (timeframe: string) => {
    if (!['1h', '1d'].includes(timeframe)) throw new ConfigError(`no ${timeframe} at test`);
  },
} as unknown as MarketData;

const choose = (environment: Record<string, string>) =>
  chooseInstruments(readSettings(environment).settings, DATA);
const symbols = (environment: Record<string, string>) =>
  choose(environment).all.map(({ symbol }) => symbol);

describe('chooseInstruments', () => {
  it('takes the first symbol as the primary one and the reference', () => {
    const { primary, reference } = choose({ SYMBOLS: 'ETH/USDT,BTC/USDT' });
    expect([primary.symbol, reference.symbol]).toEqual(['ETH/USDT', 'ETH/USDT']);
  });

  it('resolves every spelling, each market once', () => {
    expect(symbols({ SYMBOLS: 'BTCUSDT,btc-usdt,BTC/USDT' })).toEqual(['BTC/USDT']);
  });

  it('takes all markets with the quote of the primary one', () => {
    expect(symbols({ SYMBOLS: 'all' }).sort()).toEqual(['ADA/USDT', 'BTC/USDT', 'ETH/USDT']);
    expect(symbols({ SYMBOLS: 'all', PRIMARY_SYMBOL: 'BTC/EUR' })).toEqual(['BTC/EUR']);
  });

  it('leaves out a symbol that is gone and names it, also when it was the first', () => {
    const { all, primary, refused } = choose({ SYMBOLS: 'LUNA/USDT,ADA/USDT' });
    expect(all.map(({ symbol }) => symbol)).toEqual(['ADA/USDT']);
    expect(primary.symbol).toBe('ADA/USDT');
    expect(refused.join()).toMatch(/LUNA\/USDT is not a spot market of test/);
  });

  it('decides on a primary symbol that is not among the others, and only looks at a reference', () => {
    const extra = { PRIMARY_SYMBOL: 'ETH/USDT', REFERENCE_SYMBOLS: 'BTC/USDT' };
    const { all, contextOnly } = choose({ SYMBOLS: 'ADA/USDT', ...extra });
    expect(all.map(({ symbol }) => symbol)).toEqual(['ETH/USDT', 'ADA/USDT']);
    expect(contextOnly.map(({ symbol }) => symbol)).toEqual(['BTC/USDT']);
  });

  it.each([
    [{ SYMBOLS: 'LUNA/USDT' }, /SYMBOLS: .*4 spot markets, such as ADA\/USDT/],
    [{ SYMBOLS: 'BTC/USDT:USDT' }, /derivative/],
    [{ PRIMARY_SYMBOL: 'LUNA/USDT' }, /PRIMARY_SYMBOL: LUNA/],
    [{ REFERENCE_SYMBOLS: 'LUNA/USDT' }, /REFERENCE_SYMBOLS: LUNA/],
    [{ TIMEFRAMES: '1M' }, /TIMEFRAMES names "1M"; test has 1h, 1d/],
    [{ TIMEFRAMES: '5m' }, /no 5m at test/],
    [{ BOTS: 'oracle' }, /BOTS names "oracle"; expected catboost/],
  ])('refuses %j in words', (environment, words) => {
    expect(() => choose(environment)).toThrow(ConfigError);
    expect(() => choose(environment)).toThrow(words);
  });

  it('trades the timeframe that is asked for, else the first', () => {
    expect(choose({ TIMEFRAMES: '1h,1d' }).tradeTimeframe).toBe('1h');
    expect(choose({ TIMEFRAMES: '1h,1d', TRADE_TIMEFRAME: '1d' }).tradeTimeframe).toBe('1d');
  });
});
