import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { findCandleDefect, type Candle } from '../../domain/candle.js';
import { timeframeMs } from '../../domain/timeframe.js';
import { resampleBars } from '../market/resample.js';
import { GENERATED_START_MS, GeneratedSource } from './generated-source.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const AT_MS = Date.UTC(2024, 4, 6);

const source = new GeneratedSource({ seed: '1' });

function returnsOf(bars: readonly Candle[]): number[] {
  return bars.map(({ open, close }) => Math.log(close / open));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const products = a.map((value, i) => (value - meanA) * ((b[i] ?? 0) - meanB));
  const spread = (values: readonly number[], at: number): number =>
    Math.sqrt(mean(values.map((value) => (value - at) ** 2)));
  return mean(products) / (spread(a, meanA) * spread(b, meanB));
}

function year(id: string, of = source): Candle[] {
  return of.readBars(id, '1h', { fromMs: AT_MS, toMs: AT_MS + 365 * DAY_MS });
}

describe('the generated market', () => {
  it('lists 120 different pairs, BTC, ETH and SOL first', () => {
    const ids = source.instruments.map(({ id }) => id);
    expect(ids.slice(0, 3)).toEqual(['BTCUSDT', 'ETHUSDT', 'SOLUSDT']);
    expect(new Set(ids).size).toBe(120);
  });

  it('has no bar before 2023-01-01 and none missing after', () => {
    const span = { fromMs: GENERATED_START_MS - DAY_MS, toMs: GENERATED_START_MS + DAY_MS };
    const times = source.readBars('BTCUSDT', '1h', span).map(({ openTime }) => openTime);
    expect(times).toEqual(Array.from({ length: 24 }, (_, i) => GENERATED_START_MS + i * HOUR_MS));
  });

  it('is endless', () => {
    const fromMs = Date.UTC(2033, 0, 1);
    const bars = source.readBars('BTCUSDT', '1h', { fromMs, toMs: fromMs + DAY_MS });
    expect(bars.map(findCandleDefect)).toEqual(Array(24).fill(undefined));
  });

  it('makes sound candles of every pair, each opening where the last one closed', () => {
    for (const { id } of source.instruments) {
      const bars = source.readBars(id, '1h', { fromMs: AT_MS, toMs: AT_MS + 20 * DAY_MS });
      expect(bars.map(findCandleDefect).filter((defect) => defect !== undefined)).toEqual([]);
      for (let i = 1; i < bars.length; i++) expect(bars[i]?.open).toBe(bars[i - 1]?.close);
    }
  });

  it('keeps prices on the tick and volumes on the step', () => {
    for (const { id, priceDecimals, quantityDecimals } of source.instruments.slice(0, 40)) {
      for (const bar of source.readBars(id, '1m', { fromMs: AT_MS, toMs: AT_MS + HOUR_MS })) {
        expect(Number(bar.close.toFixed(priceDecimals))).toBe(bar.close);
        expect(Number(bar.volume.toFixed(quantityDecimals))).toBe(bar.volume);
        expect(bar.volume).toBeGreaterThan(0);
      }
    }
  });
});

describe('random access', () => {
  it('gives the same bars in any order and in pieces of any size', () => {
    const span = { fromMs: AT_MS, toMs: AT_MS + 40 * DAY_MS };
    const whole = new GeneratedSource({ seed: '7' }).readBars('SOLUSDT', '1h', span);
    const other = new GeneratedSource({ seed: '7' });
    other.readBars('SOLUSDT', '1h', { fromMs: AT_MS + 300 * DAY_MS, toMs: AT_MS + 301 * DAY_MS });
    other.readBars('BTCUSDT', '1m', { fromMs: AT_MS, toMs: AT_MS + HOUR_MS });
    const pieces = Array.from({ length: 40 }, (_, day) => 39 - day).map((day) =>
      other.readBars('SOLUSDT', '1h', {
        fromMs: AT_MS + day * DAY_MS,
        toMs: AT_MS + (day + 1) * DAY_MS,
      }),
    );
    expect(pieces.reverse().flat()).toEqual(whole);
  });

  it.each(['1m', '5m', '1h', '4h', '1d', '1w'] as const)(
    '%s bars join the minutes',
    (timeframe) => {
      const stepMs = timeframeMs(timeframe);
      const fromMs = Date.UTC(2024, 4, 6);
      const toMs = fromMs + Math.max(stepMs, 3 * DAY_MS);
      for (const id of ['BTCUSDT', 'PEPEUSDT']) {
        const minutes = source.readBars(id, '1m', { fromMs, toMs });
        expect(minutes).toHaveLength((toMs - fromMs) / 60_000);
        expect(source.readBars(id, timeframe, { fromMs, toMs })).toEqual(
          resampleBars(minutes, timeframe),
        );
      }
    },
  );

  it('makes sound minutes that join without a step', () => {
    for (const { id } of source.instruments.slice(0, 30)) {
      const bars = source.readBars(id, '1m', { fromMs: AT_MS, toMs: AT_MS + DAY_MS });
      expect(bars.map(findCandleDefect).filter((defect) => defect !== undefined)).toEqual([]);
      for (let i = 1; i < bars.length; i++) expect(bars[i]?.open).toBe(bars[i - 1]?.close);
    }
  });

  it('finds the minute at a time', () => {
    const bar = source.findBarAt('BTCUSDT', AT_MS + 90_500);
    expect(bar).toEqual(
      source.readBars('BTCUSDT', '1m', { fromMs: AT_MS + 60_000, toMs: AT_MS + 120_000 })[0],
    );
  });

  it('differs by seed, by pair, and in its hash by seed and pattern', () => {
    const other = new GeneratedSource({ seed: '2' });
    const span = { fromMs: AT_MS, toMs: AT_MS + DAY_MS };
    const moves = [source, other].map((one) => returnsOf(one.readBars('BTCUSDT', '1h', span)));
    expect(moves[0]).not.toEqual(moves[1]);
    const plain = new GeneratedSource({ seed: '1', hasPattern: false });
    expect(new Set([source.hash, other.hash, plain.hash]).size).toBe(3);
    expect(new GeneratedSource({ seed: '1' }).hash).toBe(source.hash);
  });

  it('never changes: a change of these bars needs another GENERATOR_VERSION', () => {
    const span = { fromMs: AT_MS, toMs: AT_MS + 2 * HOUR_MS };
    const bars = ['BTCUSDT', 'AUDIOUSDT'].flatMap((id) => source.readBars(id, '1m', span));
    const digest = createHash('sha256').update(JSON.stringify(bars)).digest('hex').slice(0, 16);
    expect([source.hash, digest]).toEqual(['c71b29b06e', 'ac55cc6a2e21d82e']);
  });
});

describe('a pair that is listed later', () => {
  it('has its first bar at its start and the same bars from there on', () => {
    const firstBars = { SOLUSDT: AT_MS + 5 * HOUR_MS };
    const late = new GeneratedSource({ seed: '1', firstBars });
    const span = { fromMs: AT_MS, toMs: AT_MS + 10 * HOUR_MS };
    expect(late.readBars('SOLUSDT', '1h', span)).toEqual(
      source.readBars('SOLUSDT', '1h', span).slice(5),
    );
    expect(late.instruments[2]?.listedFromMs).toBe(firstBars.SOLUSDT);
  });
});

// Bounds are wide: what is asserted is the presence of the property, not its size.
describe('generated returns', () => {
  const bars = year('ETHUSDT');
  const returns = returnsOf(bars);

  it('have fat tails', () => {
    const variance = mean(returns.map((value) => value ** 2));
    expect(mean(returns.map((value) => value ** 4)) / variance ** 2).toBeGreaterThan(5);
  });

  it('cluster: wild hours follow wild hours, also a day later', () => {
    const sizes = returns.map(Math.abs);
    expect(correlation(sizes.slice(1), sizes.slice(0, -1))).toBeGreaterThan(0.08);
    expect(correlation(sizes.slice(24), sizes.slice(0, -24))).toBeGreaterThan(0.08);
  });

  it('go with those of BTC, and volume with the size of the move', () => {
    expect(correlation(returns, returnsOf(year('BTCUSDT')))).toBeGreaterThan(0.4);
    const volumes = bars.map(({ volume }) => Math.log(volume));
    expect(correlation(volumes, returns.map(Math.abs))).toBeGreaterThan(0.3);
  });

  it('stay near the long-run price over years', () => {
    const fromMs = GENERATED_START_MS;
    const days = source.readBars('BTCUSDT', '1d', { fromMs, toMs: fromMs + 3_000 * DAY_MS });
    for (const { close } of days) expect(Math.abs(Math.log(close / 42_000))).toBeLessThan(2.5);
  });
});

describe('the planted pattern', () => {
  /** Correlation of an hour's sign of wicks with the return of the four hours after it. */
  function lead(of: GeneratedSource): number {
    const bars = year('BTCUSDT', of);
    const closes = bars.map(({ close }) => close);
    const tilts = bars.slice(0, -4).map(({ open, high, low, close }) => {
      return Math.min(open, close) - low - (high - Math.max(open, close));
    });
    const ahead = tilts.map((_, i) => Math.log((closes[i + 4] ?? NaN) / (closes[i] ?? NaN)));
    return correlation(tilts.map(Math.sign), ahead);
  }

  it('leads the next four hours', () => {
    for (const seed of ['1', '2', '3', '4']) {
      expect(lead(new GeneratedSource({ seed }))).toBeGreaterThan(0.1);
    }
  });

  it('is gone where it is left out', () => {
    for (const seed of ['1', '2', '3', '4']) {
      const plain = new GeneratedSource({ seed, hasPattern: false });
      expect(Math.abs(lead(plain))).toBeLessThan(0.06);
    }
  });
});
