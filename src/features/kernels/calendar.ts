import type { Kernel, One, Two } from './kernel.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** The epoch was a Thursday: three days after a Monday. */
const THURSDAY = 3;

/** The value of the newest closed bar of a higher timeframe, from [values, number of closed bars]. */
export const newestClosed: Kernel<Two> = (out, [values, closed], { from, end }) => {
  for (let i = from; i < end; i++) {
    const count = closed[i] ?? 0;
    out[i] = count > 0 ? (values[count - 1] ?? NaN) : NaN;
  }
};

/**
 * Sine or cosine of the place within a period that began at `originMs`, from epoch milliseconds of
 * evenly spaced bars. The place is a whole number of milliseconds, so bars a period apart have the same
 * value to the last bit, and it is worked out once for them.
 */
export function cycle(
  wave: 'sin' | 'cos',
  { periodMs, originMs }: { readonly periodMs: number; readonly originMs: number },
): Kernel<One> {
  const shape = wave === 'sin' ? Math.sin : Math.cos;
  return (out, [times], { from, end }) => {
    const barMs = end - from > 1 ? (times[from + 1] ?? NaN) - (times[from] ?? NaN) : NaN;
    const repeatBars = periodMs / barMs;
    const firstRepeat = Number.isInteger(repeatBars) ? from + repeatBars : end;
    for (let i = from; i < end; i++) {
      const elapsedMs = (times[i] ?? NaN) - originMs;
      const placeMs = elapsedMs - Math.floor(elapsedMs / periodMs) * periodMs;
      if (i < firstRepeat) out[i] = shape((2 * Math.PI * placeMs) / periodMs);
      else out[i] = out[i - repeatBars] ?? NaN;
    }
  };
}

/** 1 where the bar opens at an hour of the UTC day in [fromHour, toHour), else 0. */
export function isWithinHours(fromHour: number, toHour: number): Kernel<One> {
  return (out, [times], { from, end }) => {
    for (let i = from; i < end; i++) {
      const timeMs = times[i] ?? NaN;
      const placeMs = timeMs - Math.floor(timeMs / DAY_MS) * DAY_MS;
      out[i] = Number(placeMs >= fromHour * HOUR_MS && placeMs < toHour * HOUR_MS);
    }
  };
}

/** Day of the week in UTC: 0 for Monday … 6 for Sunday. */
export function weekday(timeMs: number): number {
  return (Math.floor(timeMs / DAY_MS) + THURSDAY) % 7;
}

/** 1 where the bar opens on one of these weekdays, else 0. */
export function isOnWeekdays(days: readonly number[]): Kernel<One> {
  return (out, [times], { from, end }) => {
    for (let i = from; i < end; i++) out[i] = Number(days.includes(weekday(times[i] ?? NaN)));
  };
}

/** Place of the bar's day within its month, 0 … 1; the month's bounds are looked up once a month. */
export const monthShare: Kernel<One> = (out, [times], { from, end }) => {
  let firstDay = NaN;
  let lastDay = NaN;
  for (let i = from; i < end; i++) {
    const day = Math.floor((times[i] ?? NaN) / DAY_MS);
    if (!(day >= firstDay && day <= lastDay)) {
      const date = new Date(day * DAY_MS);
      firstDay = day - date.getUTCDate() + 1;
      lastDay = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0) / DAY_MS;
    }
    out[i] = (day - firstDay) / (lastDay - firstDay);
  }
};
