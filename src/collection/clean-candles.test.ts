import { describe, expect, test } from 'vitest';
import type { Candle } from '../domain/candle.js';
import type { CandlePage, RejectionKind } from '../exchange/market-data.js';
import { cleanPage, judgeVolume } from './clean-candles.js';

const HOUR = 3_600_000;
const FIRST = 1_000;

function candle(bar: number, close: number, volume: number, open = close): Candle {
  const [high, low] = [Math.max(open, close), Math.min(open, close)];
  return { openTime: bar * HOUR, open, high, low, close, volume };
}

function page(candles: readonly Candle[], options: Partial<CandlePage> = {}): CandlePage {
  const coveredUntilMs = (candles.at(-1)?.openTime ?? FIRST * HOUR) + 0;
  return { candles, rejected: [], fromMs: FIRST * HOUR, coveredUntilMs, ...options };
}

function rejected(bar: number, kind: RejectionKind) {
  return { openTime: bar * HOUR, kind, reason: 'because', candle: candle(bar, NaN, 1) };
}

const options = { timeframe: '1h', previousClose: 10, hasVolume: true } as const;

describe('cleanPage', () => {
  test('takes out bars without trade that repeat the close before, also in a row', () => {
    const rows = [
      candle(1000, 10, 0),
      candle(1001, 10, 0),
      candle(1002, 11, 5),
      candle(1003, 11, 0),
    ];
    const clean = cleanPage(page(rows), options);
    expect(clean.candles).toEqual([rows[2]]);
    expect(clean.emptyBars).toEqual([1000, 1001, 1003]);
    expect(clean.absentBars).toEqual([]);
  });

  test('keeps a bar without volume whose price moved', () => {
    const rows = [candle(1000, 9, 0), candle(1001, 9.5, 0, 9)];
    expect(cleanPage(page(rows), options)).toMatchObject({ candles: rows, emptyBars: [] });
  });

  test('takes a flat first bar for empty where nothing came before', () => {
    const clean = cleanPage(page([candle(1000, 10, 0)]), { ...options, previousClose: undefined });
    expect(clean.emptyBars).toEqual([1000]);
  });

  test('keeps every bar of a series without volume', () => {
    const rows = [candle(1000, 10, 0), candle(1001, 10, 0)];
    expect(cleanPage(page(rows), { ...options, hasVolume: false }).candles).toEqual(rows);
  });

  test('names the bars that the page speaks for and does not have', () => {
    const covered = { coveredUntilMs: 1005 * HOUR };
    const clean = cleanPage(page([candle(1001, 11, 1), candle(1003, 12, 1)], covered), options);
    expect(clean.absentBars).toEqual([1000, 1002, 1004, 1005]);
  });

  test('counts a bar whose only row was refused as absent and quarantines the row', () => {
    const refused = [
      rejected(1001, 'defective'),
      rejected(1002, 'duplicate'),
      rejected(1003, 'unfinished'),
      rejected(9000, 'future'),
    ];
    const clean = cleanPage(
      page([candle(1000, 11, 1), candle(1002, 12, 1)], { rejected: refused }),
      options,
    );
    expect(clean.absentBars).toEqual([1001]);
    expect(clean.quarantined.map(({ reason }) => reason)).toEqual([
      'defective: because',
      'future: because',
    ]);
    expect(clean.hasFuture).toBe(true);
  });

  test('finds nothing absent in a page that proves nothing', () => {
    const nothing = { coveredUntilMs: (FIRST - 1) * HOUR };
    expect(cleanPage(page([], nothing), options).absentBars).toEqual([]);
  });
});

describe('judgeVolume', () => {
  const many = (volume: number, step: number): Candle[] =>
    Array.from({ length: 60 }, (_, bar) => candle(bar, 10 + step * bar, volume, 10));

  test('sees volume in a single trade', () => {
    expect(judgeVolume([candle(1, 10, 0), candle(2, 10, 0.1)])).toBe(true);
  });

  test('sees its lack where prices move without it for long', () => {
    expect(judgeVolume(many(0, 1))).toBe(false);
  });

  test('does not judge what is short, or what merely stands still', () => {
    expect(judgeVolume(many(0, 1).slice(0, 40))).toBeUndefined();
    expect(judgeVolume(many(0, 0))).toBeUndefined();
  });
});
