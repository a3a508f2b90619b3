import { describe, expect, it } from 'vitest';
import { findCandleDefect, isEmptyBar, type Candle } from './candle.js';
import { BarState, toColumns } from './candle-columns.js';
import { barIndex } from './timeframe.js';

const HOUR = 3_600_000;
const START = Date.parse('2024-01-01T00:00:00Z');

function candle(hour: number, close: number, volume = 1): Candle {
  return { openTime: START + hour * HOUR, open: close, high: close, low: close, close, volume };
}

describe('toColumns', () => {
  const options = { timeframe: '1h', firstBarIndex: undefined } as const;

  it('fills what the venue does not have from the previous close, and marks what is not collected', () => {
    const gapIndex = barIndex(START + HOUR, '1h');
    const columns = toColumns([candle(0, 5), candle(3, 7)], {
      ...options,
      isKnownGap: (index) => index === gapIndex,
    });
    expect([...columns.close]).toEqual([5, 5, 5, 7]);
    expect([...columns.volume]).toEqual([1, 0, 0, 1]);
    expect([...columns.state]).toEqual([
      BarState.stored,
      BarState.filler,
      BarState.unknown,
      BarState.stored,
    ]);
  });

  it('goes on to the bar that is asked for', () => {
    const lastIndex = barIndex(START + 2 * HOUR, '1h');
    const columns = toColumns([candle(0, 5)], { ...options, isKnownGap: () => true, lastIndex });
    expect([...columns.state]).toEqual([BarState.stored, BarState.filler, BarState.filler]);
  });

  it('is empty without candles, and refuses an order that is not time', () => {
    expect(toColumns([], { ...options, isKnownGap: () => true }).length).toBe(0);
    const backwards = [candle(1, 5), candle(0, 5)];
    expect(() => toColumns(backwards, { ...options, isKnownGap: () => true })).toThrow(RangeError);
  });
});

describe('candles', () => {
  it.each([
    [{ close: NaN }, 'close NaN'],
    [{ low: -1 }, 'low -1'],
    [{ high: 4 }, 'high 4'],
    [{ low: 6 }, 'low 6'],
    [{ volume: -2 }, 'volume -2'],
    [{ volume: Infinity }, 'volume Infinity'],
    [{ openTime: 1.5 }, 'open time 1.5'],
  ])('with %j has a defect that is named', (change, named) => {
    expect(findCandleDefect({ ...candle(0, 5), ...change })).toContain(named);
  });

  it('without a defect has none', () => {
    expect(findCandleDefect(candle(0, 5, 0))).toBeUndefined();
  });

  it('are empty only when nothing was traded and nothing moved', () => {
    expect(isEmptyBar(candle(0, 5, 0), 5)).toBe(true);
    expect(isEmptyBar(candle(0, 5, 0), undefined)).toBe(true);
    expect(isEmptyBar(candle(0, 6, 0), 5)).toBe(false);
    expect(isEmptyBar(candle(0, 5, 1), 5)).toBe(false);
  });
});
