import { describe, expect, test } from 'vitest';
import { Money } from '../../domain/money.js';
import { instrumentsOf } from './instruments-of.js';

const SYMBOL = 'ETH/USDT';
const TOLD = {
  marketId: 'ETHUSDT',
  sizeStep: '0.05',
  priceTick: '0.1',
  minSize: '1',
  minCost: '5',
};

async function found(sizes: readonly string[], told: typeof TOLD | undefined = TOLD) {
  const orders = sizes.map((size) => ({ symbol: SYMBOL, sizeBase: new Money(size) }));
  const findSeries = async () => told;
  const all = await instrumentsOf({ symbols: [SYMBOL], orders, currency: 'USDT', findSeries });
  return all.get(SYMBOL);
}

describe('the market of a recorded account', () => {
  test('demands what its venue was last known to demand, also where nothing was ordered', async () => {
    const market = { symbol: SYMBOL, base: 'ETH', quote: 'USDT', ...TOLD };
    expect(await found(['1.05', '2.5'])).toEqual(market);
    expect(await found([])).toEqual(market);
  });

  test('had another step where an order is finer', async () => {
    expect(await found(['1.05', '2.501'])).toMatchObject({ sizeStep: '0.001', minCost: '5' });
    expect(await found(['1.02'])).toMatchObject({ sizeStep: '0.01' });
  });

  test('is known by its orders alone where the series has no rules', async () => {
    const orders = [{ symbol: SYMBOL, sizeBase: new Money('0.5') }];
    const request = { symbols: [SYMBOL, 'A/B'], orders, currency: 'USDT' };
    const all = await instrumentsOf({ ...request, findSeries: async () => undefined });
    expect(all.get(SYMBOL)).toMatchObject({
      marketId: SYMBOL,
      sizeStep: '0.1',
      minCost: undefined,
    });
    expect(all.get('A/B')).toMatchObject({ base: 'A', quote: 'B', sizeStep: undefined });
  });
});
