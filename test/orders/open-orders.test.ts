import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { TransientError } from '../../src/lib/errors.js';
import { CcxtOrderVenue } from '../../src/exchange/orders/ccxt-order-venue.js';
import { VenueClock } from '../../src/exchange/venue-clock.js';
import { SystemClock } from '../../src/lib/clock.js';
import { ID } from './venue-case.js';
import { MARKET_ANSWERS } from './venue-markets.js';
import { VenueServer } from './venue-server.js';

let server: VenueServer;
let venue: CcxtOrderVenue;
afterEach(async () => {
  venue.stop();
  await server.stop();
});

async function connect(exchangeId: string, path: string, body: unknown): Promise<void> {
  server = new VenueServer();
  server.answer(MARKET_ANSWERS[exchangeId] ?? (() => undefined));
  server.answer((request) => (request.path.includes(path) ? { body } : undefined));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const secret = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  venue = new CcxtOrderVenue({
    exchangeId,
    baseUrl: await server.start(),
    keys: { apiKey: 'the-key', secret, passphrase: 'phrase' },
    clock: new VenueClock({ wall: new SystemClock() }),
    requestSpacingMs: 1,
    timeoutMs: 2_000,
    retry: { attempts: 1 },
  });
  await venue.start();
}

function coinbaseOrder(order_id: string, client_order_id: string, order_configuration: unknown) {
  return {
    order_id,
    client_order_id,
    product_id: 'BTC-USD',
    side: 'SELL',
    status: 'OPEN',
    order_configuration,
    created_time: new Date().toISOString(),
  };
}

/** ccxt finds no amount in it. */
const TWAP = { twap_limit_gtd: { base_size: '0.5', number_buckets: '5' } };
const LIMIT = { limit_limit_gtc: { base_size: '0.01', limit_price: '90000' } };

describe('open orders', () => {
  it('of other programs that ccxt cannot read are named, and hide no others', async () => {
    const orders = [coinbaseOrder('1', 'a-robot', TWAP), coinbaseOrder('2', ID, LIMIT)];
    await connect('coinbase', '/orders/historical/batch', { orders, has_next: false });
    const open = await venue.openOrders();
    expect(open).toMatchObject({ unreadable: ['1'], mayBeMore: false });
    expect(open.orders).toMatchObject([{ clientOrderId: ID, venueOrderId: '2' }]);
  });

  it('in the form of ours must be readable', async () => {
    const orders = [coinbaseOrder('1', 'e0123456789abcdefg', TWAP)];
    await connect('coinbase', '/orders/historical/batch', { orders, has_next: false });
    await expect(venue.openOrders()).rejects.toThrow(TransientError);
  });

  it('may be more where a venue answers the same page again', async () => {
    const data = Array.from({ length: 100 }, (_, at) => ({
      symbol: 'BTCUSDT',
      orderId: String(at),
      clientOid: `grid-${at}`,
      side: 'buy',
      orderType: 'limit',
      status: 'live',
      priceAvg: '60000',
      size: '0.01',
      baseVolume: '0',
      quoteVolume: '0',
      cTime: String(Date.now()),
    }));
    await connect('bitget', '/unfilled-orders', { code: '00000', msg: 'success', data });
    const open = await venue.openOrders();
    expect(open.orders).toHaveLength(100);
    expect(open.mayBeMore).toBe(true);
  });
});
