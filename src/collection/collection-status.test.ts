import { expect, test } from 'vitest';
import { raiseStaleAlarm } from './collection-status.js';
import { trackSeries, type TrackedSeries } from './tracked-series.js';

const HOUR = 3_600_000;
const NOW = 1_000 * HOUR;

function tracked(symbol: string, barsBehind: number): TrackedSeries {
  const series = {
    id: 1,
    uid: 'u',
    venue: 'v',
    symbol,
    marketId: symbol,
    timeframe: '1h' as const,
    firstBarAt: undefined,
    hasVolume: true,
  };
  const settledUntil = NOW - (1 + barsBehind) * HOUR;
  return { ...trackSeries(series), state: 'following', settledUntil };
}

const options = { marketMs: NOW, allowedBars: 4 };

test('bars up to the allowed number are no alarm', () => {
  const alarm = raiseStaleAlarm([tracked('A/B', 0), tracked('C/D', 4)], options);
  expect(alarm).toEqual({ stale: [], isEverythingStale: false });
});

test('one series too far behind is named with its distance', () => {
  const alarm = raiseStaleAlarm([tracked('A/B', 0), tracked('C/D', 5)], options);
  expect(alarm.stale).toEqual([{ name: 'C/D 1h', barsBehind: 5 }]);
  expect(alarm.isEverythingStale).toBe(false);
});

test('all series behind mean that the venue is gone', () => {
  expect(raiseStaleAlarm([tracked('A/B', 9), tracked('C/D', 5)], options).isEverythingStale).toBe(
    true,
  );
});

test('a series that is still being back-filled raises no alarm', () => {
  const young = { ...tracked('A/B', 500), state: 'backfilling' as const };
  expect(raiseStaleAlarm([young], options)).toEqual({ stale: [], isEverythingStale: false });
});
