import { floorToBar, timeframeMs, TIMEFRAMES, type Timeframe } from '../../domain/timeframe.js';
import { ConfigError } from '../../lib/errors.js';

/** Fewer rows may lie apart by chance. */
const MIN_ROWS_TO_JUDGE_GAPS = 10;
/** An hour of summer time makes one day shorter, and no other timeframe lies so near. */
const NEARLY = 0.9;

export interface TimedRow {
  readonly symbol: string;
  readonly at: number;
}

/**
 * Refuses candles of another timeframe than the one that was asked for: hours stored as days would be
 * one hour of each day.
 *
 * @throws ConfigError with the choice to make
 */
export function assertTimeframe(
  rows: readonly TimedRow[],
  { timeframe, isAligned }: { readonly timeframe: Timeframe; readonly isAligned: boolean },
): void {
  const gapMs = findNearest(rows);
  const barMs = timeframeMs(timeframe);
  if (gapMs !== undefined && gapMs < barMs * NEARLY) {
    throw new ConfigError(
      `its rows are ${spanText(gapMs)} apart, not ${timeframe}: ${choiceText(gapMs)}`,
    );
  }
  if (isAligned) return;
  if (gapMs !== undefined && gapMs > barMs && rows.length >= MIN_ROWS_TO_JUDGE_GAPS) {
    throw new ConfigError(
      `no two of its rows are ${timeframe} apart, the nearest are ${spanText(gapMs)}: ${choiceText(gapMs)}, or --align to take them as they are`,
    );
  }
  const [first] = rows;
  if (first === undefined || rows.some(({ at }) => floorToBar(at, timeframe) === at)) {
    return;
  }
  const example = new Date(first.at).toISOString();
  throw new ConfigError(
    `its rows, such as ${example}, begin beside the grid of ${timeframe}: --align stores each under the bar that contains it`,
  );
}

/** The shortest time between two rows of an item that follow each other; undefined with too few of them. */
function findNearest(rows: readonly TimedRow[]): number | undefined {
  const before = new Map<string, number>();
  let nearest: number | undefined;
  for (const { symbol, at } of rows) {
    const gap = Math.abs(at - (before.get(symbol) ?? at));
    before.set(symbol, at);
    if (gap > 0) nearest = Math.min(nearest ?? gap, gap);
  }
  return nearest;
}

function choiceText(gapMs: number): string {
  const fitting = TIMEFRAMES.find((one) => timeframeMs(one) === gapMs);
  return fitting === undefined ? 'no timeframe has this length' : `ask for --timeframe ${fitting}`;
}

function spanText(spanMs: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const;
  const unit = units.find(([, lengthMs]) => spanMs % lengthMs === 0);
  return unit === undefined ? `${spanMs / 1000} s` : `${spanMs / unit[1]}${unit[0]}`;
}
