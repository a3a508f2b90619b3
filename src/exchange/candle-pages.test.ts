import { describe, expect, test } from 'vitest';
import { fetchCandlePages, type CandleRow } from './candle-pages.js';
import type { CandlePage } from './market-data.js';

const HOUR = 3_600_000;
const T0 = 472_222 * HOUR;
const VENUE_MS = T0 + 100 * HOUR + 1;

function row(index: number): CandleRow {
  return [T0 + index * HOUR, 10, 11, 9, 10, 5];
}

const rowsOf = (...indices: number[]): CandleRow[] => indices.map(row);
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

interface Dialect {
  readonly pageLimit?: number;
  readonly untilBar?: number;
  readonly fetchRows: (sinceBar: number, limit: number) => readonly CandleRow[];
}

async function walk(dialect: Dialect): Promise<{ pages: CandlePage[]; asked: number[] }> {
  const asked: number[] = [];
  const pages: CandlePage[] = [];
  const pager = fetchCandlePages({
    symbol: 'BTC/USDT',
    timeframe: '1h',
    sinceMs: T0,
    untilMs: T0 + (dialect.untilBar ?? 99) * HOUR,
    pageLimit: dialect.pageLimit ?? 40,
    certainMarketMs: async () => VENUE_MS,
    latestMarketMs: () => VENUE_MS + HOUR / 2,
    fetchRows: async (sinceMs, limit) => {
      const sinceBar = (sinceMs - T0) / HOUR;
      asked.push(sinceBar);
      return dialect.fetchRows(sinceBar, limit);
    },
  });
  for await (const page of pager) pages.push(page);
  return { pages, asked };
}

const barsOf = (pages: CandlePage[]): number[] =>
  pages.flatMap((page) => page.candles.map(({ openTime }) => (openTime - T0) / HOUR));
const coverage = (pages: CandlePage[]): [number, number][] =>
  pages.map(({ fromMs, coveredUntilMs }) => [(fromMs - T0) / HOUR, (coveredUntilMs - T0) / HOUR]);

describe('a venue that answers "from there on"', () => {
  const all = range(0, 100);
  const fetchRows = (since: number, limit: number): CandleRow[] =>
    rowsOf(...all.filter((bar) => bar >= since).slice(0, limit));

  test('is read to the end without a gap or a repeated row', async () => {
    const { pages, asked } = await walk({ fetchRows });
    expect(barsOf(pages)).toEqual(range(0, 99));
    expect(asked).toEqual([0, 40, 80]);
    expect(coverage(pages)).toEqual([
      [0, 39],
      [40, 79],
      [80, 99],
    ]);
  });

  test('of which the first bar is later: the page speaks for the time before', async () => {
    const young = (since: number, limit: number): CandleRow[] =>
      fetchRows(Math.max(since, 60), limit);
    const { pages } = await walk({ fetchRows: young });
    expect(barsOf(pages)).toEqual(range(60, 99));
    expect(coverage(pages)).toEqual([[0, 99]]);
  });
});

describe('a venue that answers windows', () => {
  test('is read on past windows without any candle', async () => {
    const present = [3, 4, 90, 91, 100];
    const { pages } = await walk({
      fetchRows: (since, limit) =>
        rowsOf(...present.filter((bar) => bar >= since && bar < since + limit)),
    });
    expect(barsOf(pages)).toEqual([3, 4, 90, 91]);
  });

  test('proves nothing about the newest bars when it sends none', async () => {
    const { pages } = await walk({ fetchRows: () => [] });
    expect(coverage(pages).at(-1)).toEqual([80, 97]);
  });
});

test('a venue that repeats the same rows is not asked again after the last window', async () => {
  const { pages, asked } = await walk({ fetchRows: () => rowsOf(...range(0, 39)) });
  expect(barsOf(pages)).toEqual(range(0, 39));
  expect(asked.length).toBeLessThanOrEqual(4);
});

test('a row from the future does not carry the reading past what lies between', async () => {
  const all = range(0, 100);
  const { pages } = await walk({
    fetchRows: (since, limit) => [
      ...rowsOf(...all.filter((bar) => bar >= since).slice(0, limit)),
      row(5_000),
    ],
  });
  expect(barsOf(pages)).toEqual(range(0, 99));
  expect(pages[0]?.rejected).toMatchObject([{ kind: 'future' }]);
});

test('an error ends the reading after the pages that came', async () => {
  const walking = walk({
    fetchRows: (since) => {
      if (since > 0) throw new Error('gone');
      return rowsOf(...range(0, 39));
    },
  });
  await expect(walking).rejects.toThrow('gone');
});
