import { expect, test } from 'vitest';
import { forEachEngine } from '../database.js';
import { T0, useCollectionRigs } from './collection-rig.js';

forEachEngine((engine) => {
  const createRig = useCollectionRigs();

  test('prices of a held symbol are followed although it is not collected', async () => {
    const rig = await createRig(['BTCUSDT', 'ETHUSDT']);
    const { stores } = await engine.open();
    const collector = rig.collect(stores, {
      symbols: ['BTC/USDT'],
      heldSymbols: () => ['ETH/USDT', 'GONE/USDT'],
    });
    await expect
      .poll(() => collector.quotes.find('ETH/USDT')?.bid, { timeout: 10_000 })
      .toBe('100');
    expect(collector.series.map(({ symbol }) => symbol)).toEqual(['BTC/USDT']);
    expect(collector.status().unquoted).toMatchObject([
      { symbol: 'GONE/USDT', reason: 'the venue does not list it', since: T0 },
    ]);
  });
});
