import { expect, test } from 'vitest';
import { meaningOf } from '../../src/backtest/engine/decision-log.js';
import { skipReasons } from '../../src/backtest/result/skip-reasons.js';
import { randomHistory, runOn } from './backtest-runs.js';

test('reasons of entries that were left out are counted over all symbols, without numbers', async () => {
  const history = randomHistory({ seed: 3, symbols: 3, bars: 1200 });
  const result = await runOn(history, { stopLossPct: 1, limits: { stopCooldownBars: 20 } });
  const reasons = skipReasons(history, result, { horizonBars: 4, costOf: () => 0.002 });
  const kinds = reasons.map(({ reason }) => reason);
  expect(kinds).toContain('the symbol was stopped out within … bars: STOP_COOLDOWN_BARS');
  for (const { instrument } of history.symbols) {
    expect(kinds.join()).not.toContain(instrument.symbol);
  }
  const { length, codes } = result.decisions.columns;
  const skipped = [...codes.subarray(0, length)]
    .map(meaningOf)
    .filter(({ action, prediction }) => action === 'skip' && prediction === 'BUY');
  const refused = result.stores.orders.filter(({ status }) => status === 'rejected');
  const counted = reasons.reduce((sum, { count }) => sum + count, 0);
  expect(counted).toBe(skipped.length + refused.length);
});
