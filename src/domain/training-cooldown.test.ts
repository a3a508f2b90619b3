import { describe, expect, it } from 'vitest';
import { BTC } from '../../test/training/training-builders.js';
import { ManualClock } from '../lib/manual-clock.js';
import {
  cooldownStateAt,
  formatDuration,
  failureCooldown,
  rejectionCooldown,
  type Moment,
} from './training-cooldown.js';

const HOUR_MS = 3_600_000;
const clock = new ManualClock(5000 * HOUR_MS);
const options = { trainRetryCooldownSec: 600, rejectedRetryBars: 24 };
const LAST_OPEN_TIME = 4999 * HOUR_MS;

/** A moment at which the market's time is the wall's. */
const at = (wallMs: number): Moment => ({ wallMs, marketMs: wallMs });

describe('cooldown after a failure', () => {
  const cooldown = failureCooldown(BTC, 'crashed: exit code 1', { clock, options });

  it('lasts its seconds of wall time and no longer', () => {
    const end = clock.wallMs() + 600_000;
    expect(cooldown).toMatchObject({ ...BTC, kind: 'failure', until: end });
    expect(cooldownStateAt(cooldown, at(end - 1), undefined).isActive).toBe(true);
    expect(cooldownStateAt(cooldown, at(end), undefined).isActive).toBe(false);
  });
});

describe('cooldown after a rejection', () => {
  const rejection = { reason: 'worse than the prior', lastOpenTime: LAST_OPEN_TIME };
  const cooldown = rejectionCooldown(BTC, rejection, { clock, options });
  const later = clock.wallMs() + 600_000;

  it('also waits for 24 new candles', () => {
    const after = (bars: number) =>
      cooldownStateAt(cooldown, at(later), LAST_OPEN_TIME + bars * HOUR_MS);
    expect(after(24)).toEqual({ isActive: false });
    expect(after(23)).toEqual({
      isActive: true,
      words: 'cooldown after a rejection: 1 more candles are awaited (worse than the prior)',
      nextRetryAt: LAST_OPEN_TIME + 25 * HOUR_MS,
    });
  });

  it('holds its wall time also when the candles came faster, as in the demo', () => {
    const newest = LAST_OPEN_TIME + 100 * HOUR_MS;
    expect(cooldownStateAt(cooldown, at(later - 1), newest)).toMatchObject({
      words: 'cooldown after a rejection: 1 s left (worse than the prior)',
      nextRetryAt: later,
    });
  });

  it('names both waits while both last, and the end of the longer one', () => {
    expect(cooldownStateAt(cooldown, at(clock.wallMs()), LAST_OPEN_TIME)).toEqual({
      isActive: true,
      words:
        'cooldown after a rejection: 10 min 0 s left and 24 more candles are awaited (worse than the prior)',
      nextRetryAt: LAST_OPEN_TIME + 25 * HOUR_MS,
    });
  });

  it('says when the candles will have come by the speed of the market', () => {
    const wallMs = clock.wallMs();
    const retryAt = (speed: number): unknown => {
      const wallMsUntil = (marketMs: number): number => (marketMs - wallMs) / speed;
      const now = { wallMs, marketMs: wallMs, wallMsUntil };
      return cooldownStateAt(cooldown, now, LAST_OPEN_TIME);
    };
    expect(retryAt(60)).toMatchObject({ nextRetryAt: wallMs + (24 * HOUR_MS) / 60 });
    // A day of candles in 240 s: the 600 s last longer.
    expect(retryAt(360)).toMatchObject({ nextRetryAt: later });
  });
});

describe('formatDuration', () => {
  it.each([
    [1, '1 s'],
    [9_400, '10 s'],
    [250_000, '4 min 10 s'],
    [2 * HOUR_MS + 180_000, '2 h 3 min'],
  ])('%d ms is %s', (durationMs, words) => {
    expect(formatDuration(durationMs)).toBe(words);
  });
});
