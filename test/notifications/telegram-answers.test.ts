import { expect, test } from 'vitest';
import { Money } from '../../src/domain/money.js';
import type { DaemonPhase } from '../../src/daemon/phases.js';
import { telegramAnswers } from '../../src/daemon/views/telegram-answers.js';
import { openTestDatabase } from '../database.js';
import { aPosition, BOOK } from '../storage/rows.js';

test('what is held of a position that was sold in part is what is left of it', async () => {
  const { database, stores } = await openTestDatabase();
  const { venue, account } = BOOK;
  await stores.positions.insert(
    aPosition({
      ...{ status: 'open', entryPrice: new Money(2000) },
      ...{ sizeBase: new Money(1), soldBase: new Money('0.75') },
    }),
  );
  const market = { data: { venue } };
  const trading = { status: () => ({ account, currency: 'USDT' }) };
  // What only a running daemon knows is made up.
  const phase = { name: 'active', stores, market, trading } as unknown as DaemonPhase;
  const readHealth = () => Promise.reject(new Error('not asked'));
  const answers = telegramAnswers(() => phase, readHealth);
  expect(await answers.positions()).toBe('BTC/USDT 0.25 (open): bought at 2000 USDT');
  await database.close();
});
