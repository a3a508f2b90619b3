import { expect, test } from 'vitest';
import { Money } from '../../src/domain/money.js';
import type { Position } from '../../src/domain/trade.js';
import type { DaemonPhase } from '../../src/daemon/phases.js';
import { telegramAnswers } from '../../src/daemon/views/telegram-answers.js';
import { openTestDatabase } from '../database.js';
import { aPosition, BOOK } from '../storage/rows.js';

/** What `/positions` answers of one that is open. */
async function positionsText(values: Partial<Position>): Promise<string> {
  const { database, stores } = await openTestDatabase();
  const { venue, account } = BOOK;
  const entry = { status: 'open', entryPrice: new Money(2000), sizeBase: new Money(1) } as const;
  await stores.positions.insert(aPosition({ ...entry, ...values }));
  const market = { data: { venue } };
  const trading = { status: () => ({ account, currency: 'USDT' }) };
  // What only a running daemon knows is made up.
  const phase = { name: 'active', stores, market, trading } as unknown as DaemonPhase;
  const readHealth = () => Promise.reject(new Error('not asked'));
  const answers = telegramAnswers(() => phase, readHealth);
  const text = await answers.positions();
  await database.close();
  return text;
}

test('what is held of a position that was sold in part is what is left of it', async () => {
  expect(await positionsText({ soldBase: new Money('0.75') })).toBe(
    'BTC/USDT 0.25 (open): bought at 2000 USDT',
  );
});

test.each([
  ['2050', '2050'],
  ['1800', '1900'],
])('the stop of a position is the higher one: trailing at %s', async (trailing, shown) => {
  const stops = { stopPrice: new Money(1900), trailingPrice: new Money(trailing), trailingAt: 1 };
  expect(await positionsText(stops)).toBe(`BTC/USDT 1 (open): bought at 2000 USDT, stop ${shown}`);
});
