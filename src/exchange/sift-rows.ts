import { findCandleDefect, type Candle } from '../domain/candle.js';
import { closeTimeOf, floorToBar, type Timeframe } from '../domain/timeframe.js';
import type { RejectedRow, RejectionKind } from './market-data.js';
import { snapToGrid } from './venue-grid.js';

export interface SiftOptions {
  readonly timeframe: Timeframe;
  /** Of the venue's grid; see `barIndex`. */
  readonly offsetMs: number;
  /** A time that the venue had certainly reached before it answered. */
  readonly venueMs: number;
  /** A time that the venue had certainly not passed when the answer was here. */
  readonly latestMs: number;
  /** Bars outside are left out silently: they were not asked for. */
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface SiftedRows {
  readonly candles: Candle[];
  readonly rejected: RejectedRow[];
}

/**
 * Sorts a venue's rows (time, open, high, low, close, volume) into closed, sound candles, ascending
 * and each bar once, and the rest with what is wrong with each.
 */
export function siftRows(rows: readonly (readonly unknown[])[], options: SiftOptions): SiftedRows {
  const candles: Candle[] = [];
  const rejected: RejectedRow[] = [];
  for (const row of rows) {
    const candle = toCandle(row, options);
    if (candle.openTime < options.fromMs || candle.openTime > options.untilMs) {
      if (candle.openTime > options.latestMs)
        rejected.push(reject(candle, 'future', `opens after ${options.latestMs}`));
      continue;
    }
    const flaw = findFlaw(candle, options);
    if (flaw === undefined) candles.push(candle);
    else rejected.push(reject(candle, flaw.kind, flaw.reason));
  }
  candles.sort((a, b) => a.openTime - b.openTime);
  return { candles: dropDuplicates(candles, rejected), rejected };
}

function toCandle(
  row: readonly unknown[],
  { timeframe, offsetMs }: Pick<SiftOptions, 'timeframe' | 'offsetMs'>,
): Candle {
  const [openTime, open, high, low, close, volume] = row.map(toNumber);
  return {
    openTime: snapToGrid(openTime ?? NaN, timeframe, offsetMs),
    open: open ?? NaN,
    high: high ?? NaN,
    low: low ?? NaN,
    close: close ?? NaN,
    volume: hasNoVolume(row) ? 0 : (volume ?? NaN),
  };
}

/** Some venues report no volume for some of their markets. */
export function hasNoVolume([, , , , , volume]: readonly unknown[]): boolean {
  return volume === null || volume === undefined;
}

function toNumber(value: unknown): number {
  return typeof value === 'number' ? value : NaN;
}

function findFlaw(
  candle: Candle,
  options: SiftOptions,
): { kind: RejectionKind; reason: string } | undefined {
  const { timeframe, offsetMs, venueMs, latestMs } = options;
  const defect = findCandleDefect(candle);
  if (candle.openTime > latestMs) return { kind: 'future', reason: `opens after ${latestMs}` };
  if (closeTimeOf(candle.openTime, timeframe) > venueMs) {
    return { kind: 'unfinished', reason: `closes after ${venueMs}` };
  }
  if (defect !== undefined) return { kind: 'defective', reason: defect };
  const boundMs = floorToBar(candle.openTime, timeframe, offsetMs);
  if (boundMs !== candle.openTime) {
    const offMs = candle.openTime - boundMs;
    return { kind: 'off-grid', reason: `opens ${offMs} ms after a bound of ${timeframe}` };
  }
  return undefined;
}

/** Of two rows for one bar the later one of the answer counts: venues append corrections. */
function dropDuplicates(sorted: readonly Candle[], rejected: RejectedRow[]): Candle[] {
  const kept: Candle[] = [];
  for (const candle of sorted) {
    const previous = kept[kept.length - 1];
    if (previous?.openTime === candle.openTime) {
      kept.pop();
      rejected.push(reject(previous, 'duplicate', 'a later row has the same open time'));
    }
    kept.push(candle);
  }
  return kept;
}

function reject(candle: Candle, kind: RejectionKind, reason: string): RejectedRow {
  return { openTime: candle.openTime, kind, reason, candle };
}
