import { describe, expect, it } from 'vitest';
import { runMonth, type MonthResult, type Trade } from './month-world.js';

const IS_LONG = process.env['EVENKEEL_TEST_LONG'] === 'true';
const DAYS = IS_LONG ? 30 : 1;
const TIMEOUT_MS = IS_LONG ? 3_600_000 : 120_000;
const SEED = 'march';
/** `MAX_SLIPPAGE_PCT` and `EXIT_SLIPPAGE_PCT` of these runs. */
const [ENTRY_SLIPPAGE, EXIT_SLIPPAGE] = [0.002, 0.02];
/** Paper fills a second later, pays its fee in money instead of coins, and may be a step of the size away. */
const SAME_MS = 1_000;
/** Of a size as a part of what the books are worth, which differs by the slippages of all trades before. */
const SAME_SIZE = 0.01;

describe(`${DAYS} days of live trading in twenty symbols with outages, restarts and clock changes`, () => {
  it(
    'bring the same orders twice, and books that are those of the exchange',
    async () => {
      const first = await runMonth({ mode: 'live', days: DAYS, seed: SEED });
      const second = await runMonth({ mode: 'live', days: DAYS, seed: SEED });
      if (IS_LONG) say('live', first);
      expect(first.differences).toEqual([]);
      expect(first.trades.length).toBeGreaterThan(DAYS * 5);
      expect(second.orders).toEqual(first.orders);
      expect(second.fills).toEqual(first.fills);
      expect(second.differences).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'are those on paper but for the slippage that is stated, where the daemon guards alone',
    async () => {
      const options = { days: DAYS, seed: SEED, areStopsAtExchange: false };
      const live = await runMonth({ ...options, mode: 'live' });
      const paper = await runMonth({ ...options, mode: 'paper' });
      if (IS_LONG) say('live beside paper', live);
      expect(live.differences).toEqual([]);
      expect(live.trades.map(nameOf)).toEqual(paper.trades.map(nameOf));
      for (const [at, trade] of live.trades.entries()) expectAlike(trade, paper.trades[at]);
    },
    TIMEOUT_MS,
  );
});

function nameOf({ symbol, openedAt, exitReason }: Trade): string {
  return `${symbol} of ${new Date(openedAt - (openedAt % 3_600_000)).toISOString()}, ${exitReason}`;
}

function expectAlike(live: Trade, paper: Trade | undefined): void {
  if (paper === undefined) throw new Error('there is none on paper');
  expect(Math.abs(live.openedAt - paper.openedAt)).toBeLessThanOrEqual(SAME_MS);
  const [entry, exit] = [live.entryPrice / paper.entryPrice, live.exitPrice / paper.exitPrice];
  expect([nameOf(live), Math.abs(entry - 1) <= ENTRY_SLIPPAGE]).toEqual([nameOf(live), true]);
  expect([nameOf(live), Math.abs(exit - 1) <= EXIT_SLIPPAGE]).toEqual([nameOf(live), true]);
  const expected = (paper.sizeBase / paper.equity) * live.equity;
  const limit = expected * SAME_SIZE + paper.sizeStep;
  expect(Math.abs(live.sizeBase - expected)).toBeLessThanOrEqual(limit);
}

function say(title: string, { orders, trades, events }: MonthResult): void {
  const what = { orders: orders.length, trades: trades.length, ...events };
  process.stdout.write(`${title}: ${JSON.stringify(what)}\n`);
}
