import { describe, expect, it } from 'vitest';
import { encodeAttributes, learnAttributeCodes } from './attribute-codes.js';
import { itemForwardReturn } from './item-sequence.js';
import { ITEM_PRICE_FEATURES, writeItemRow, type ItemSequence } from './item-row.js';

const DAY_MS = 86_400_000;
const REACH_MS = 640 * DAY_MS;

function sequence(prices: readonly number[], days?: readonly number[]): ItemSequence {
  return { prices, openTimes: prices.map((_price, at) => (days?.[at] ?? at) * DAY_MS) };
}

function rowOf(item: ItemSequence, at: number, reachMs = REACH_MS): Record<string, number> {
  const row = new Float64Array(ITEM_PRICE_FEATURES.length);
  expect(writeItemRow(item, at, { reachMs, row })).toBe(true);
  return Object.fromEntries(ITEM_PRICE_FEATURES.map((name, column) => [name, row[column] ?? NaN]));
}

const WAVE = Array.from({ length: 60 }, (_, at) => 100 + 10 * Math.sin(at));

describe("features of an item's price", () => {
  it('are what their names say', () => {
    const row = rowOf(sequence([1, 2, 3, 4, 5, 6, 7, 8]), 7);
    expect(row['item_return_1']).toBeCloseTo(Math.log(8 / 7), 12);
    expect(row['item_return_7']).toBeCloseTo(Math.log(8), 12);
    expect(row['item_ma7_distance']).toBeCloseTo(Math.log(8 / 5), 12);
    expect(row['item_std7']).toBeCloseTo(2 / 5, 12);
    expect(row['item_range_position_30']).toBe(1);
    expect(row['item_drawdown_30']).toBe(0);
    expect(row['item_gap_days']).toBeCloseTo(Math.log(2), 12);
  });

  it('never change when later entries do, and not with the unit of the price', () => {
    const row = rowOf(sequence(WAVE), 40);
    const other = WAVE.map((price, at) => (at > 40 ? price * 9 : price));
    expect(rowOf(sequence(other), 40)).toEqual(row);
    const cents = rowOf(sequence(WAVE.map((price) => price * 128)), 40);
    for (const [name, value] of Object.entries(row)) expect(cents[name]).toBeCloseTo(value, 12);
  });

  it('are the same wherever the known past begins, once it is long enough', () => {
    const whole = rowOf(sequence(WAVE), 50);
    expect(
      rowOf({ prices: WAVE.slice(15), openTimes: sequence(WAVE).openTimes }, 35),
    ).toMatchObject({ ...whole, item_gap_days: whole['item_gap_days'] });
    // Entries out of reach are as if they were not there.
    expect(rowOf(sequence(WAVE), 50, 10.5 * DAY_MS)['item_history_30']).toBeCloseTo(11 / 30, 12);
  });

  it('are missing before the seventh entry', () => {
    const row = new Float64Array(ITEM_PRICE_FEATURES.length);
    expect(writeItemRow(sequence(WAVE), 5, { reachMs: REACH_MS, row })).toBe(false);
  });
});

describe('the return over seven days', () => {
  it('ends at the newest price by then, weekends or not', () => {
    const item = sequence([1, 2, 3, 5, 8], [0, 1, 5, 6.5, 8]);
    expect(itemForwardReturn(item, 0)).toBeCloseTo(Math.log(5), 12);
  });

  it('is missing while the week is not over, and where nothing was priced in its second half', () => {
    expect(itemForwardReturn(sequence([1, 2, 3], [0, 1, 6]), 0)).toBeNaN();
    expect(itemForwardReturn(sequence([1, 2, 3], [0, 1, 9]), 0)).toBeNaN();
  });
});

describe('attributes of items', () => {
  const items = [
    { attributes: { type: 'a', wear: '0.1' }, rows: 1000, returnSum: 20 },
    { attributes: { type: 'b', wear: '0.4' }, rows: 1000, returnSum: -20 },
    { attributes: { type: 'a' }, rows: 10, returnSum: 0 },
  ];

  it('become numbers: their own, or the mean return of those that share them', () => {
    const codes = learnAttributeCodes(items);
    expect(codes.map(({ name }) => name)).toEqual(['type', 'wear']);
    const [a = NaN, wear] = encodeAttributes(codes, { type: 'a', wear: '0.25' });
    expect(wear).toBe(0.25);
    expect(a).toBeGreaterThan(encodeAttributes(codes, { type: 'b' })[0] ?? NaN);
    expect(a).toBeLessThan(20 / 1010);
  });

  it('count as 0 where they are missing, unknown or no number', () => {
    const codes = learnAttributeCodes(items);
    expect(encodeAttributes(codes, {})).toEqual([0, 0]);
    expect(encodeAttributes(codes, { type: '__proto__', wear: 'worn' })).toEqual([0, 0]);
  });
});
