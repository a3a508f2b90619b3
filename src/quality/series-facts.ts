import { setImmediate } from 'node:timers/promises';
import type { Candle } from '../domain/candle.js';
import { isFileVenue, type Series } from '../domain/market.js';
import { lastClosedOpenTime, timeframeMs } from '../domain/timeframe.js';
import type { Stores } from '../storage/stores.js';
import { MonthSummer, type MonthSums } from './copies.js';
import { CoverageCounter, type Coverage } from './coverage.js';
import { OutlierFinder, type Outlier } from './outliers.js';

/** Bars asked for at once, a few milliseconds on SQLite. */
const READ_BARS = 1_000;

export type QualityStores = Pick<Stores, 'series' | 'candles' | 'knownGaps'>;

/** What the candles of one series are like, as they are stored. */
export interface SeriesFacts {
  readonly series: Series;
  readonly candles: number;
  readonly firstOpenTime: number | undefined;
  readonly lastOpenTime: number | undefined;
  readonly coverage: Coverage;
  readonly revised: number;
  /** Candles that repeat the one before them in all values. */
  readonly repeated: number;
  readonly withoutVolume: number;
  readonly outlierCount: number;
  readonly outliers: readonly Outlier[];
  /** Rows that were refused, by kind of reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly sums: MonthSums;
}

export interface FactsOptions {
  /** Open time of the first bar to look at; undefined for all. */
  readonly fromOpenTime: number | undefined;
  /** The venue's time, where it is known: it shows what is late. */
  readonly marketMs: number | undefined;
}

/** Reads a series once, in constant memory but for its days. */
export async function readFacts(
  series: Series,
  stores: QualityStores,
  options: FactsOptions,
): Promise<SeriesFacts> {
  const { timeframe, gridOffsetMs, id } = series;
  const known = await stores.knownGaps.list(id);
  const coverage = new CoverageCounter({
    timeframe,
    gridOffsetMs,
    known,
    isContinuous: !isFileVenue(series.venue),
    lastClosedOpenTime: lastClosed(series, options.marketMs),
  });
  const outliers = new OutlierFinder();
  const months = new MonthSummer();
  const counts = { candles: 0, repeated: 0, withoutVolume: 0 };
  let [first, last]: (Candle | undefined)[] = [];
  for await (const page of readPages(series, stores, options.fromOpenTime)) {
    for (const candle of page) {
      coverage.add(candle.openTime);
      outliers.add(candle);
      months.add(candle);
      counts.candles++;
      if (candle.volume === 0) counts.withoutVolume++;
      if (isRepeated(candle, last)) counts.repeated++;
      first ??= candle;
      last = candle;
    }
  }
  const { count: outlierCount, largest } = outliers.finish();
  return {
    series,
    candles: counts.candles,
    firstOpenTime: first?.openTime,
    lastOpenTime: last?.openTime,
    coverage: coverage.finish(),
    revised: await stores.candles.countRevised(id, { fromOpenTime: options.fromOpenTime }),
    repeated: counts.repeated,
    withoutVolume: counts.withoutVolume,
    outlierCount,
    outliers: largest,
    refused: await countRefused(series, stores),
    sums: months.finish(),
  };
}

async function* readPages(
  { id, timeframe }: Series,
  { candles }: QualityStores,
  fromOpenTime: number | undefined,
): AsyncGenerator<readonly Candle[]> {
  const range = await candles.range(id);
  if (range === undefined) return;
  const stepMs = READ_BARS * timeframeMs(timeframe);
  const start = Math.max(range.first, fromOpenTime ?? range.first);
  for (let from = start; from <= range.last; from += stepMs) {
    yield await candles.read(id, { fromOpenTime: from, toOpenTime: from + stepMs - 1 });
    await setImmediate();
  }
}

function lastClosed(
  { venue, timeframe, gridOffsetMs }: Series,
  marketMs: number | undefined,
): number | undefined {
  if (marketMs === undefined || isFileVenue(venue)) return undefined;
  return lastClosedOpenTime(marketMs, timeframe, gridOffsetMs);
}

/** Without trades a bar may well repeat the one before. */
function isRepeated(candle: Candle, before: Candle | undefined): boolean {
  return (
    before !== undefined &&
    candle.volume > 0 &&
    candle.open === before.open &&
    candle.high === before.high &&
    candle.low === before.low &&
    candle.close === before.close &&
    candle.volume === before.volume
  );
}

/** Reasons begin with their kind, as in `future: …`. */
async function countRefused(
  { id }: Series,
  { candles }: QualityStores,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { reason } of await candles.listQuarantined(id)) {
    const kind = reason.split(':')[0] ?? reason;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
