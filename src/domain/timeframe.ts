const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** Weekly bars open on Monday; the epoch was a Thursday. */
const FIRST_MONDAY_MS = 4 * UNIT_MS.d;

/** The timeframes that candles may have, shortest first. Months have no fixed length and are refused. */
export const TIMEFRAMES = [
  '1m',
  '3m',
  '5m',
  '15m',
  '30m',
  '1h',
  '2h',
  '4h',
  '6h',
  '8h',
  '12h',
  '1d',
  '1w',
] as const;

export type Timeframe = (typeof TIMEFRAMES)[number];

export function isTimeframe(text: string): text is Timeframe {
  return (TIMEFRAMES as readonly string[]).includes(text);
}

/** Asked for several times a row, so each is computed once. */
const LENGTHS_MS = Object.fromEntries(
  TIMEFRAMES.map((timeframe) => {
    const unit = timeframe.slice(-1) as keyof typeof UNIT_MS;
    return [timeframe, Number(timeframe.slice(0, -1)) * UNIT_MS[unit]];
  }),
) as Readonly<Record<Timeframe, number>>;

/** Length of one bar in milliseconds. */
export function timeframeMs(timeframe: Timeframe): number {
  return LENGTHS_MS[timeframe];
}

function originMs(timeframe: Timeframe): number {
  return timeframe === '1w' ? FIRST_MONDAY_MS : 0;
}

/**
 * Number of the bar that contains `timeMs`, counted since the epoch on the timeframe's own grid.
 *
 * @param offsetMs how much later the bars of a venue open than that grid: 0 nearly everywhere. The open
 *   time of a bar gives the same number with and without it.
 */
export function barIndex(timeMs: number, timeframe: Timeframe, offsetMs = 0): number {
  return Math.floor((timeMs - originMs(timeframe) - offsetMs) / timeframeMs(timeframe));
}

/** Open time in epoch milliseconds of the bar with that number. */
export function barOpenTime(index: number, timeframe: Timeframe, offsetMs = 0): number {
  return originMs(timeframe) + offsetMs + index * timeframeMs(timeframe);
}

/** Open time of the bar that contains `timeMs`. */
export function floorToBar(timeMs: number, timeframe: Timeframe, offsetMs = 0): number {
  return barOpenTime(barIndex(timeMs, timeframe, offsetMs), timeframe, offsetMs);
}

/** Open time of the newest bar that is closed at `timeMs`, by the venue's clock. */
export function lastClosedOpenTime(timeMs: number, timeframe: Timeframe, offsetMs = 0): number {
  return floorToBar(timeMs, timeframe, offsetMs) - timeframeMs(timeframe);
}

/** Time at which the bar opened at `openTime` closes: the first millisecond after it. */
export function closeTimeOf(openTime: number, timeframe: Timeframe): number {
  return openTime + timeframeMs(timeframe);
}
