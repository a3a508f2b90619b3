import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../test/demo/demo-fixture.js';
import { steppedCandles, writeRecording } from '../../../test/demo/recording-files.js';
import { assertDefined } from '../../lib/invariant.js';
import { bookLevels } from '../market/book.js';
import type { Instrument } from './instrument.js';
import { Market, type CandleQuery } from './market.js';
import { RecordedSource } from '../recording/recorded-source.js';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2024, 0, 1);
const candles = steppedCandles({ fromMs: FROM_MS, stepMs: HOUR_MS, count: 100 });

let market: Market;
let remove: () => void;

beforeEach(() => {
  const { folder, remove: removeFolder } = temporaryFolder();
  remove = removeFolder;
  writeRecording(folder, 'BTC_USDT-1h.csv', candles);
  writeRecording(folder, 'GONE_USDT-1h.csv', candles.slice(10, 20));
  market = new Market(RecordedSource.open(folder));
});
afterEach(() => remove());

function instrument(id = 'BTCUSDT'): Instrument {
  return assertDefined(market.findInstrument(id, FROM_MS + 100 * HOUR_MS), id);
}

function hours(query: Partial<CandleQuery>, nowHours: number, id?: string): number[] {
  const asked = {
    timeframe: '1h',
    startMs: undefined,
    endMs: undefined,
    limit: 500,
    ...query,
  } as const;
  const shown = market.candles(instrument(id), asked, FROM_MS + nowHours * HOUR_MS);
  return shown.map(({ openTime }) => (openTime - FROM_MS) / HOUR_MS);
}

const at = (hour: number): number => FROM_MS + hour * HOUR_MS;

describe('candles of the market', () => {
  it('are the newest ones without a start, the oldest ones from a start on', () => {
    expect(hours({ limit: 3 }, 50.5)).toEqual([48, 49, 50]);
    expect(hours({ limit: 3, startMs: at(7) }, 50.5)).toEqual([7, 8, 9]);
    expect(hours({ limit: 3, endMs: at(7) }, 50.5)).toEqual([5, 6, 7]);
    expect(hours({ startMs: at(7), endMs: at(9) }, 50.5)).toEqual([7, 8, 9]);
  });

  it('begin at the first bar that opens at the start or after', () => {
    expect(hours({ limit: 2, startMs: at(7) + 1 }, 50.5)).toEqual([8, 9]);
    expect(hours({ limit: 2, startMs: 0 }, 50.5)).toEqual([0, 1]);
  });

  it('do not lie ahead, and the open one is missing before its first trade', () => {
    expect(hours({ startMs: at(49) }, 50)).toEqual([49]);
    expect(hours({ startMs: at(49) }, 50.01)).toEqual([49, 50]);
    expect(hours({ startMs: at(51) }, 50.5)).toEqual([]);
    expect(hours({ startMs: at(49), endMs: at(40) }, 50.5)).toEqual([]);
  });

  it('end with the recording of the pair', () => {
    expect(hours({}, 60, 'GONEUSDT')).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  it('of a coarser timeframe join whole bars and what the open one has reached', () => {
    const query = { timeframe: '4h', startMs: at(8), endMs: undefined, limit: 9 } as const;
    const [whole, open] = market.candles(instrument(), query, at(13.5));
    expect(whole).toEqual({
      openTime: at(8),
      open: 108,
      high: 114,
      low: 104,
      close: 108,
      volume: 78,
    });
    // Bar 12 whole (O 112 H 116 L 110 C 115), bar 13 falls (O 113 H 114 L 108 C 110): half of its way
    // down from the high; half of its volume of 23 is 12 whole steps.
    expect(open).toEqual({
      openTime: at(12),
      open: 112,
      high: 116,
      low: 110,
      close: 111,
      volume: 34,
    });
  });
});

describe('quotes of the market', () => {
  it('have the price that the path has reached between bid and ask, a tick apart at least', () => {
    expect(market.quote(instrument(), at(50))).toEqual({ last: 150, bid: 149, ask: 150 });
    expect(market.quote(instrument(), at(50 + 1 / 3)).last).toBe(148);
    expect(market.quote(instrument(), at(50 + 2 / 3)).last).toBe(154);
  });

  it('stay at the last close of a pair that is gone, without bid and ask', () => {
    expect(market.quote(instrument('GONEUSDT'), at(60))).toEqual({ last: 116, bid: 0, ask: 0 });
    const book = bookLevels(instrument('GONEUSDT'), { market, nowMs: at(60), depth: 5 });
    expect(book).toEqual({ bids: [], asks: [] });
  });

  it('sum up the last day', () => {
    const day = market.lastDay(instrument(), at(50));
    // Bars 26 to 49: the highest is 48 (close 151 and 1), the lowest 27 (close 124 less 2).
    expect(day).toEqual({
      openTime: at(26),
      open: 126,
      high: 152,
      low: 122,
      close: 146,
      volume: 1140,
    });
  });

  it('sum up what there is of a young pair', () => {
    const day = market.lastDay(instrument(), at(2));
    expect([day.openTime, day.open, day.volume]).toEqual([at(0), 100, 21]);
  });
});

describe('the book', () => {
  it('starts at the quote, gets no better further away and never has an empty level', () => {
    const nowMs = at(50.4);
    const { bid, ask } = market.quote(instrument(), nowMs);
    const { bids, asks } = bookLevels(instrument(), { market, nowMs, depth: 50 });
    expect([bids[0]?.[0], asks[0]?.[0], bids.length, asks.length]).toEqual([bid, ask, 50, 50]);
    for (let level = 1; level < 50; level++) {
      expect(bids[level]?.[0]).toBeLessThan(bids[level - 1]?.[0] ?? NaN);
      expect(asks[level]?.[0]).toBeGreaterThan(asks[level - 1]?.[0] ?? NaN);
    }
    expect([...bids, ...asks].every(([, quantity]) => quantity > 0)).toBe(true);
  });

  it('ends where prices would reach 0', () => {
    const { bids } = bookLevels(instrument(), { market, nowMs: at(50), depth: 5_000 });
    expect(bids.at(-1)?.[0]).toBeGreaterThan(0);
    expect(bids.length).toBeLessThan(5_000);
  });
});
