import { describe, expect, it } from 'vitest';
import type { Series } from '../domain/market.js';
import { VenueClock } from '../exchange/venue-clock.js';
import { ManualClock } from '../lib/manual-clock.js';
import { isDue, wallMsUntilDue } from './follow-up.js';
import { pauseLeftMs, trackSeries, type TrackedSeries } from './tracked-series.js';

const HOUR = 3_600_000;
const T0 = 472_222 * HOUR;

/** A followed series one bar behind, whose next attempt is that far off. */
function pausedFor(pauseMs: number, changes: Partial<TrackedSeries> = {}): TrackedSeries {
  const series: Series = {
    id: 1,
    uid: 'series-1',
    firstBarAt: undefined,
    hasVolume: true,
    venue: 'test',
    symbol: 'BTC/USDT',
    marketId: 'BTCUSDT',
    timeframe: '1h',
  };
  const paused = { state: 'following', settledUntil: T0 - 2 * HOUR } as const;
  return { ...trackSeries(series), ...paused, notBeforeWallMs: T0 + pauseMs, ...changes };
}

/** The wall set to that much after `T0`, while the venue's time is `T0`. */
function clockAt(wallOffsetMs: number): VenueClock {
  const clock = new VenueClock({ wall: new ManualClock(T0 + wallOffsetMs), monotonicMs: () => 0 });
  // Far from the wall's, so it counts once it is confirmed.
  for (let answer = 0; answer < 2; answer++) {
    clock.observe({ venueMs: T0, sentMs: 0, receivedMs: 0 });
  }
  return clock;
}

describe('the pause after a failure', () => {
  it('is waited for', () => {
    const tracked = pausedFor(20_000);
    expect(isDue(tracked, clockAt(0), 0)).toBe(false);
    expect(wallMsUntilDue(tracked, clockAt(0), 0)).toBe(20_000);
    expect(isDue(tracked, clockAt(20_000), 0)).toBe(true);
  });

  it('is over when the wall clock was set back by more than any pause', () => {
    const tracked = pausedFor(20_000);
    expect(wallMsUntilDue(tracked, clockAt(-3 * HOUR), 0)).toBe(0);
    expect(isDue(tracked, clockAt(-3 * HOUR), 0)).toBe(true);
  });

  it('of a refused series may last ten minutes, and no longer either', () => {
    const tracked = pausedFor(600_000, { isRefused: true });
    expect(pauseLeftMs(tracked, clockAt(0))).toBe(600_000);
    expect(pauseLeftMs(tracked, clockAt(-1))).toBe(0);
  });
});
