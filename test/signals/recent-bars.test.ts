import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Candle } from '../../src/domain/candle.js';
import { BarState, type CandleColumns } from '../../src/domain/candle-columns.js';
import type { Series, SeriesKey } from '../../src/domain/market.js';
import { barOpenTime } from '../../src/domain/timeframe.js';
import { RecentBars } from '../../src/signals/recent-bars.js';
import { loadColumns } from '../../src/storage/reader/load-columns.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { walkCandles, WALK_START } from '../models/candle-walk.js';

const KEY: SeriesKey = { venue: 'demo:test:1', symbol: 'BTC/USDT', timeframe: '1h' };
const BARS = 1_500;
const candles = walkCandles({ bars: BARS });
const timeOf = (bar: number): number => barOpenTime(WALK_START + bar, '1h');

let opened: TestDatabase;
let series: Series;
let bars: RecentBars;
let loads: number;

beforeEach(async () => {
  opened = await openTestDatabase();
  series = await opened.stores.series.ensure({ ...KEY, marketId: 'BTCUSDT' });
  loads = 0;
  bars = new RecentBars({
    series: opened.stores.series,
    loadColumns: (id, range) => {
      loads++;
      return loadColumns(opened.database, id, range);
    },
  });
});

afterEach(() => opened.database.close());

const store = (some: readonly Candle[]): Promise<unknown> =>
  opened.stores.candles.upsert(series.id, some, 'rest');

async function columnsUpTo(bar: number): Promise<CandleColumns> {
  const columns = await bars.columnsUpTo(KEY, timeOf(bar));
  if (columns === undefined) throw new Error('nothing is stored');
  return columns;
}

/** The last closes as the candles have them. */
function expectCloses(columns: CandleColumns, lastBar: number): void {
  expect(columns.firstIndex + columns.length - 1).toBe(WALK_START + lastBar);
  const first = columns.firstIndex - WALK_START;
  const expected = candles.slice(first, lastBar + 1).map((candle) => candle.close);
  expect(Array.from(columns.close)).toEqual(expected);
}

describe('recent bars', () => {
  it('are loaded once; bars that close are appended without a query', async () => {
    await store(candles.slice(0, 700));
    expectCloses(await columnsUpTo(699), 699);
    for (let bar = 700; bar < 1_400; bar++) {
      const [candle] = candles.slice(bar, bar + 1);
      bars.append(KEY, { openTime: timeOf(bar), candle });
      const columns = await columnsUpTo(bar);
      expectCloses(columns, bar);
      // What a feature row needs.
      expect(columns.length).toBeGreaterThanOrEqual(640);
    }
    expect(loads).toBe(1);
  });

  it('handed out earlier stay as they were while others are appended', async () => {
    await store(candles.slice(0, 800));
    const early = await columnsUpTo(799);
    const before = early.close.slice();
    for (let bar = 800; bar < 1_200; bar++) {
      bars.append(KEY, { openTime: timeOf(bar), candle: candles[bar] });
    }
    expect(early.close).toEqual(before);
    expectCloses(early, 799);
  });

  it('of an earlier candle are there too, and catching up costs a load in hundreds of bars', async () => {
    await store(candles);
    for (let bar = 900; bar < BARS; bar++) expectCloses(await columnsUpTo(bar), bar);
    expect(loads).toBeLessThanOrEqual(4);
  });

  it('take over an empty bar as a filler', async () => {
    await store(candles.slice(0, 700));
    await columnsUpTo(699);
    bars.append(KEY, { openTime: timeOf(700), candle: undefined });
    const columns = await columnsUpTo(700);
    expect(columns.state.at(-1)).toBe(BarState.filler);
    expect(columns.close.at(-1)).toBe(candles[699]?.close);
    expect([columns.volume.at(-1), loads]).toEqual([0, 1]);
  });

  it('are the stored ones with fillers where the venue is known to have none', async () => {
    await store(candles.slice(0, 700).filter((_, bar) => bar < 650 || bar > 652));
    const gap = { fromOpenTime: timeOf(650), toOpenTime: timeOf(652), reason: 'empty' } as const;
    await opened.stores.knownGaps.add(series.id, [gap]);
    const columns = await columnsUpTo(699);
    const at = WALK_START + 650 - columns.firstIndex;
    expect(Array.from(columns.state.slice(at - 1, at + 4))).toEqual([0, 1, 1, 1, 0]);
    expect(columns.close[at + 2]).toBe(candles[649]?.close);
  });

  it('are read again when one was skipped or changed', async () => {
    await store(candles.slice(0, 700));
    await columnsUpTo(699);
    await store(candles.slice(700, 703));
    bars.append(KEY, { openTime: timeOf(702), candle: candles[702] });
    expectCloses(await columnsUpTo(702), 702);
    expect(loads).toBe(2);
    const [known] = candles.slice(702, 703);
    if (known === undefined) throw new Error('no candle');
    bars.append(KEY, { openTime: timeOf(702), candle: known });
    await columnsUpTo(702);
    expect(loads).toBe(2);
    const revised = { ...known, close: known.high };
    await store([revised]);
    bars.append(KEY, { openTime: timeOf(702), candle: revised });
    expect((await columnsUpTo(702)).close.at(-1)).toBe(known.high);
    expect(loads).toBe(3);
  });

  it('are read again after the history changed', async () => {
    await store(candles.slice(300, 700));
    expect((await columnsUpTo(699)).length).toBe(400);
    await store(candles.slice(0, 300));
    bars.forget(KEY);
    expectCloses(await columnsUpTo(699), 699);
    expect((await columnsUpTo(699)).length).toBe(700);
  });

  it('with a hole are not kept: the hole may be filled at any moment', async () => {
    await store(candles.slice(0, 700).filter((_, bar) => bar !== 600));
    expect((await columnsUpTo(699)).state.includes(BarState.unknown)).toBe(true);
    await store(candles.slice(600, 601));
    expectCloses(await columnsUpTo(699), 699);
  });

  it('end with a bar that is not known where the candle is not stored', async () => {
    await store(candles.slice(0, 700));
    expect((await columnsUpTo(700)).state.at(-1)).toBe(BarState.unknown);
    await store(candles.slice(700, 701));
    expectCloses(await columnsUpTo(700), 700);
  });

  it('that a change overtook while they were read are not the old ones', async () => {
    await store(candles.slice(0, 700));
    const [known] = candles.slice(699, 700);
    if (known === undefined) throw new Error('no candle');
    const reading = columnsUpTo(699);
    const revised = { ...known, close: known.low };
    await store([revised]);
    bars.append(KEY, { openTime: timeOf(699), candle: revised });
    await reading;
    expect((await columnsUpTo(699)).close.at(-1)).toBe(known.low);
  });

  it('of a series that is not collected, or has nothing stored, are none', async () => {
    expect(await bars.columnsUpTo({ ...KEY, symbol: 'X/Y' }, timeOf(0))).toBeUndefined();
    expect(await bars.columnsUpTo(KEY, timeOf(0))).toBeUndefined();
  });
});
