import { expect, test } from 'vitest';
import type { HealthFacts } from './health-facts.js';
import { TRADING_RULES } from './trading-rules.js';

/** What trading says of itself; `test/trading/held-positions.test.ts` and `test/live` show when it does. */
const SAID: readonly (readonly [id: string, trading: object, message: RegExp])[] = [
  [
    'positions_unpriced',
    { unpricedPositions: () => [{ uid: 'p1', symbol: 'BTC/USDT', since: Date.now() }] },
    /^no price for what is held: BTC.USDT \(p1\) since 20/,
  ],
  [
    'account_unread',
    { accountFault: () => ({ reason: 'the key is not known', since: 1 }) },
    /^the account cannot be read: the key is not known$/,
  ],
  [
    'positions_unsold',
    { refusedPositions: () => [{ symbol: 'BTC/USDT', reason: 'restricted', since: 1 }] },
    /^what is to be sold is not taken: BTC.USDT \(restricted\)$/,
  ],
];

test.each(SAID)('%s repeats what trading says of itself', async (id, trading, message) => {
  const phase = { name: 'active', trading } as unknown as HealthFacts['phase'];
  const rule = TRADING_RULES.find((one) => one.id === id);
  const found = await rule?.find({
    phase,
    nowMs: Date.now(),
    census: undefined,
    collection: undefined,
  });
  expect(found?.message).toMatch(message);
});
