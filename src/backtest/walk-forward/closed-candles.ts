import { BarState, type CandleColumns } from '../../domain/candle-columns.js';
import type { Candle } from '../../domain/candle.js';
import type { Instrument, Series } from '../../domain/market.js';
import { barIndex, barOpenTime, type Timeframe } from '../../domain/timeframe.js';
import type { Stores } from '../../storage/stores.js';
import { barAt } from '../engine/bar-prices.js';
import type { SymbolHistory } from '../history/market-history.js';

export interface ClosedCandlesOptions {
  readonly stores: Stores;
  readonly symbols: readonly SymbolHistory[];
  readonly venue: string;
  readonly timeframe: Timeframe;
  /** Number of the first bar that training may look at. */
  readonly startIndex: number;
  /** Between bid and ask, in percent of the middle price. */
  readonly spreadPct: number;
}

/**
 * Puts the candles of a history into the database that training reads, no further than to a retraining date: what
 * closes later is not there to be looked at.
 */
export class ClosedCandles {
  readonly #options: ClosedCandlesOptions;

  constructor(options: ClosedCandlesOptions) {
    this.#options = options;
  }

  /** Stores the bars before that of number `endIndex`, as far as they are not stored. May be repeated. */
  async storeUpTo(endIndex: number): Promise<void> {
    for (const { instrument, columns } of this.#options.symbols) {
      if (columns.firstIndex >= endIndex) continue;
      const series = await this.#openSeries(instrument, columns);
      await this.#store(series, columns, endIndex);
      await this.#storeQuote(series, columns, endIndex);
    }
  }

  async #openSeries({ symbol, marketId }: Instrument, columns: CandleColumns): Promise<Series> {
    const { stores, venue, timeframe } = this.#options;
    const series = await stores.series.ensure({ venue, symbol, marketId, timeframe });
    const { firstBarIndex } = columns;
    if (series.firstBarAt === undefined && firstBarIndex !== undefined) {
      await stores.series.setFirstBarAt(series.id, barOpenTime(firstBarIndex, timeframe));
    }
    return series;
  }

  async #store({ id }: Series, columns: CandleColumns, endIndex: number): Promise<void> {
    const { stores, timeframe, startIndex } = this.#options;
    const stored = await stores.candles.range(id);
    const after = stored === undefined ? startIndex : barIndex(stored.last, timeframe) + 1;
    const from = Math.max(after, columns.firstIndex);
    const to = Math.min(endIndex, columns.firstIndex + columns.length);
    const candles: Candle[] = [];
    const gaps: number[] = [];
    for (let index = from; index < to; index++) {
      const candle = barAt(columns, index);
      if (candle !== undefined) candles.push(candle);
      else if (columns.state[index - columns.firstIndex] === BarState.filler) gaps.push(index);
    }
    // Before the candles: what the newest candle is tells a later call where to go on.
    await stores.knownGaps.add(id, toRanges(gaps, timeframe));
    await stores.candles.upsert(id, candles, 'rest');
  }

  /** What a regressor's round trip costs is read from the newest quote. */
  async #storeQuote({ symbol }: Series, columns: CandleColumns, endIndex: number): Promise<void> {
    const { stores, venue, timeframe, spreadPct } = this.#options;
    const at = Math.min(endIndex - columns.firstIndex, columns.length) - 1;
    const last = columns.close[at] ?? NaN;
    if (!(last > 0)) return;
    const [bid, ask] = [last * (1 - spreadPct / 200), last * (1 + spreadPct / 200)].map(String);
    const venueTime = barOpenTime(endIndex, timeframe);
    await stores.prices.insert([
      { venue, symbol, bid: bid ?? '', ask: ask ?? '', last: String(last), venueTime },
    ]);
  }
}

function toRanges(
  indexes: readonly number[],
  timeframe: Timeframe,
): Parameters<Stores['knownGaps']['add']>[1] {
  const ranges: { from: number; to: number }[] = [];
  for (const index of indexes) {
    const last = ranges.at(-1);
    if (last?.to === index - 1) last.to = index;
    else ranges.push({ from: index, to: index });
  }
  return ranges.map(({ from, to }) => ({
    fromOpenTime: barOpenTime(from, timeframe),
    toOpenTime: barOpenTime(to, timeframe),
    reason: 'empty',
  }));
}
