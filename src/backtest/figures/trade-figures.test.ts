import { expect, it } from 'vitest';
import type { Trade } from './trade.js';
import { groupTrades, tradeFigures } from './trade-figures.js';

function trade(pnlQuote: number, changes: Partial<Trade> = {}): Trade {
  return {
    symbol: 'BTC/USDT',
    openedAt: 0,
    entryPrice: 100,
    closedAt: 1,
    exitPrice: 101,
    sizeBase: 1,
    feeQuote: 0.2,
    pnlQuote,
    pnlFraction: pnlQuote / 100,
    exit: 'signal',
    source: 'fallback',
    ...changes,
  };
}

it('the figures of trades are those computed by hand', () => {
  const figures = tradeFigures([trade(4), trade(-2), trade(1), trade(-1)]);
  expect(figures).toMatchObject({ trades: 4, winRate: 0.5, expectancy: 0.5, pnlQuote: 2 });
  expect(figures.profitFactor).toBeCloseTo(5 / 3, 12);
  expect(figures.feesPaid).toBeCloseTo(0.8, 12);
  // √4 · 0.005 / 0.02645751311
  expect(figures.sqn).toBeCloseTo(0.377964473, 9);
});

it('figures of no trades, or of none that lost, are left out', () => {
  expect(tradeFigures([])).toMatchObject({ trades: 0, winRate: undefined, expectancy: undefined });
  expect(tradeFigures([trade(1)]).profitFactor).toBeUndefined();
});

it('groups are ordered by their number of trades', () => {
  const groups = groupTrades(
    [trade(1), trade(2, { symbol: 'ETH/USDT' }), trade(3)],
    ({ symbol }) => symbol,
  );
  expect(groups.map(({ name, trades }) => [name, trades])).toEqual([
    ['BTC/USDT', 2],
    ['ETH/USDT', 1],
  ]);
});
