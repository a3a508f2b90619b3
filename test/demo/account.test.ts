import type { binance, Order } from 'ccxt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureKeys, type DemoKeys } from '../../src/demo/account/keys.js';
import { demoFolder } from '../../src/demo/market/run-state.js';
import { createBinance, runDemoIn, temporaryFolder, type RunningDemo } from './demo-fixture.js';

const START_MS = Date.UTC(2024, 2, 4, 10, 24, 10);
const HOUR_MS = 3_600_000;
const SYMBOL = 'BTC/USDT';

type Signing = binance & { apiKey: string; secret: string; nonce: () => number };

let folder: string;
let remove: () => void;
let running: RunningDemo;
let keys: DemoKeys;
let client: Signing;

async function connect(changes: Partial<DemoKeys> = {}): Promise<Signing> {
  const signing = (await createBinance(running.baseUrl)) as Signing;
  Object.assign(signing, { apiKey: keys.apiKey, secret: keys.secret, ...changes });
  // Market time, as the venue states it.
  signing.nonce = () => running.demo.marketMs();
  await signing.loadMarkets();
  return signing;
}

beforeEach(async () => {
  ({ folder, remove } = temporaryFolder());
  keys = ensureKeys(demoFolder(folder));
  running = await runDemoIn(folder, { start: START_MS, seed: 3 });
  client = await connect();
});
afterEach(async () => {
  await running.demo.stop();
  remove();
});

async function free(asset: string): Promise<number> {
  const balance = await client.fetchBalance();
  return (balance.free as unknown as Record<string, number | undefined>)[asset] ?? 0;
}

/** Price by which an order rests: that much below (or above) the best bid. */
async function priceAt(share: number): Promise<number> {
  const { bid = 0 } = await client.fetchTicker(SYMBOL);
  return Number(client.priceToPrecision(SYMBOL, bid * share));
}

function refused(code: number): RegExp {
  return new RegExp(`"code":${code}\\b`);
}

describe("ccxt's binance class trading on the demo", () => {
  it('buys at the market: fill, fee in what was received, balances', async () => {
    expect(await free('USDT')).toBe(10_000);
    const order = await client.createOrder(SYMBOL, 'market', 'buy', 0.01);
    expect(order).toMatchObject({ status: 'closed', filled: 0.01, remaining: 0 });
    const cost = order.trades.reduce((sum, { amount = 0, price = 0 }) => sum + amount * price, 0);
    expect(order.cost).toBeCloseTo(cost, 8);
    expect(await free('USDT')).toBeCloseTo(10_000 - cost, 6);
    expect(await free('BTC')).toBeCloseTo(0.01 * 0.999, 8);
    const trades = await client.fetchMyTrades(SYMBOL);
    expect(trades.map(({ fee }) => fee?.currency)).toEqual(trades.map(() => 'BTC'));
  });

  it('sells what it bought, and refuses to sell what the fee has taken', async () => {
    await client.createOrder(SYMBOL, 'market', 'buy', 0.01);
    await expect(client.createOrder(SYMBOL, 'market', 'sell', 0.01)).rejects.toThrow(
      /insufficient balance/,
    );
    const order = await client.createOrder(SYMBOL, 'market', 'sell', 0.00999);
    expect(order).toMatchObject({ status: 'closed', filled: 0.00999 });
    expect(await free('BTC')).toBeCloseTo(0, 8);
  });

  it('fills what an IOC order gets within its limit and expires the rest', async () => {
    const { ask = 0 } = await client.fetchTicker(SYMBOL);
    const params = { timeInForce: 'IOC', clientOrderId: 'ek-1' };
    running.demo.faults.add({ method: 'POST', effect: { kind: 'order-partial', share: 0.4 } });
    const order = await client.createOrder(SYMBOL, 'limit', 'buy', 0.01, ask, params);
    expect(order).toMatchObject({ status: 'expired', filled: 0.004, clientOrderId: 'ek-1' });
    const found = await client.fetchOrder('', SYMBOL, { clientOrderId: 'ek-1' });
    expect(found).toMatchObject({ id: order.id, status: 'expired', filled: 0.004 });
    expect(await client.fetchOpenOrders(SYMBOL)).toEqual([]);
  });

  it('rests an order below the market, holds its money, and gives it back on cancel', async () => {
    const price = await priceAt(0.9);
    const order = await client.createOrder(SYMBOL, 'limit', 'buy', 0.01, price);
    expect(order).toMatchObject({ status: 'open', filled: 0 });
    expect(await free('USDT')).toBeCloseTo(10_000 - price * 0.01, 6);
    await expect(
      client.createOrder(SYMBOL, 'limit', 'buy', 0.01, price, {
        clientOrderId: order.clientOrderId,
      }),
    ).rejects.toThrow(/Duplicate order sent/);
    expect(await client.cancelOrder(order.id ?? '', SYMBOL)).toMatchObject({ status: 'canceled' });
    expect(await free('USDT')).toBe(10_000);
    await expect(client.cancelOrder(order.id ?? '', SYMBOL)).rejects.toThrow(refused(-2011));
  });

  it('fills a resting order when the price comes to it, the same however often it is asked', async () => {
    const price = await priceAt(0.995);
    const placed = await client.createOrder(SYMBOL, 'limit', 'buy', 0.01, price);
    let order: Order = placed;
    for (let hour = 0; hour < 200 && order.status === 'open'; hour++) {
      running.advance(HOUR_MS);
      order = await client.fetchOrder(placed.id ?? '', SYMBOL);
    }
    expect(order).toMatchObject({ status: 'closed', filled: 0.01, average: price });
    const often = await client.fetchMyTrades(SYMBOL);
    expect(often.every(({ takerOrMaker }) => takerOrMaker === 'maker')).toBe(true);
    // Between the trades' times and the lows of the market: the price was there.
    const at = often[0]?.timestamp ?? 0;
    const [bar] = await client.fetchOHLCV(SYMBOL, '1m', Math.floor(at / 60_000) * 60_000, 1);
    expect(bar?.[3]).toBeLessThanOrEqual(price);

    const seldom = await replay(async (other) => {
      const again = await other.createOrder(SYMBOL, 'limit', 'buy', 0.01, price);
      running.advance(200 * HOUR_MS);
      expect(await other.fetchOrder(again.id ?? '', SYMBOL)).toMatchObject({ status: 'closed' });
      return other.fetchMyTrades(SYMBOL);
    });
    const facts = (trade: (typeof often)[number]) => [trade.timestamp, trade.price, trade.amount];
    expect(seldom.map(facts)).toEqual(often.map(facts));
  });

  it('sells by a stop once the price has fallen to it, and not before', async () => {
    await client.createOrder(SYMBOL, 'market', 'buy', 0.01);
    const stopLossPrice = await priceAt(0.99);
    const price = await priceAt(0.97);
    const stop = await client.createOrder(SYMBOL, 'limit', 'sell', 0.00999, price, {
      stopLossPrice,
    });
    expect(stop.status).toBe('open');
    expect(await free('BTC')).toBeCloseTo(0, 6);
    let order: Order = stop;
    for (let hour = 0; hour < 400 && order.status === 'open'; hour++) {
      running.advance(HOUR_MS);
      order = await client.fetchOrder(stop.id ?? '', SYMBOL);
    }
    expect(order).toMatchObject({ status: 'closed', filled: 0.00999 });
    expect(order.average).toBeLessThanOrEqual(stopLossPrice * 1.0001);
    expect(order.average).toBeGreaterThanOrEqual(price);
  });

  it('pays the fee in BNB where there is some', async () => {
    await client.createOrder('BNB/USDT', 'market', 'buy', 1);
    await client.createOrder(SYMBOL, 'market', 'buy', 0.01);
    const [trade] = await client.fetchMyTrades(SYMBOL);
    expect(trade?.fee?.currency).toBe('BNB');
    expect(await free('BTC')).toBe(0.01);
  });

  it.each([
    ['a size off the step', 0.000015, undefined, /LOT_SIZE/],
    ['less than the smallest value', 0.00001, undefined, /NOTIONAL/],
    ['more than it holds', 5, undefined, /insufficient balance/],
    ['a price far from the market', 0.01, 0.1, /PERCENT_PRICE/],
  ])('refuses %s', async (_, amount, share, message) => {
    const { ask = 0 } = await client.fetchTicker(SYMBOL);
    const parameters = {
      symbol: 'BTCUSDT',
      side: 'BUY',
      quantity: String(amount),
      ...(share === undefined
        ? { type: 'MARKET' }
        : { type: 'LIMIT', timeInForce: 'GTC', price: (ask * share).toFixed(2) }),
    };
    const post = (client as unknown as { privatePostOrder: (p: object) => Promise<unknown> })
      .privatePostOrder;
    await expect(post.call(client, parameters)).rejects.toThrow(message);
    expect(await client.fetchOrders(SYMBOL)).toEqual([]);
  });
});

describe('the account of the demo', () => {
  it('keeps every acknowledged order and balance over a restart', async () => {
    await client.createOrder(SYMBOL, 'market', 'buy', 0.01);
    await client.createOrder(SYMBOL, 'limit', 'buy', 0.01, await priceAt(0.9));
    const before = await snapshot();
    await running.demo.stop();
    running = await runDemoIn(folder, { start: START_MS, seed: 3 });
    client = await connect();
    expect(await snapshot()).toEqual(before);
  });

  it('carries an order out though its answer is lost', async () => {
    running.demo.faults.add({ method: 'POST', after: true, count: 1, effect: { kind: 'reset' } });
    const params = { clientOrderId: 'ek-lost' };
    await expect(
      client.createOrder(SYMBOL, 'market', 'buy', 0.01, undefined, params),
    ).rejects.toThrow();
    expect(await client.fetchOrder('', SYMBOL, params)).toMatchObject({ status: 'closed' });
  });

  it('does not carry out an order that never arrived', async () => {
    running.demo.faults.add({ method: 'POST', count: 1, effect: { kind: 'reset' } });
    const params = { clientOrderId: 'ek-gone' };
    await expect(
      client.createOrder(SYMBOL, 'market', 'buy', 0.01, undefined, params),
    ).rejects.toThrow();
    await expect(client.fetchOrder('', SYMBOL, params)).rejects.toThrow(refused(-2013));
  });

  it('fills late where a fault delays the order', async () => {
    running.demo.faults.add({
      method: 'POST',
      count: 1,
      effect: { kind: 'order-late', delayMs: 60_000 },
    });
    const order = await client.createOrder(SYMBOL, 'market', 'buy', 0.01);
    expect(order).toMatchObject({ status: 'open', filled: 0 });
    running.advance(61_000);
    expect(await client.fetchOrder(order.id ?? '', SYMBOL)).toMatchObject({ status: 'closed' });
  });

  it('takes the trial order, and keeps nothing of it', async () => {
    await client.createOrder(SYMBOL, 'market', 'buy', 0.01, undefined, { test: true });
    expect(await client.fetchOrders(SYMBOL)).toEqual([]);
    expect(await free('USDT')).toBe(10_000);
  });

  it.each([
    ['another key', { apiKey: 'x'.repeat(64) }, -2015],
    ['another secret', { secret: 'wrong' }, -1022],
  ])('refuses %s', async (_, changes, code) => {
    const stranger = await connect(changes);
    await expect(stranger.fetchBalance()).rejects.toThrow(refused(code));
  });

  it('refuses a clock that is off by a minute', async () => {
    for (const offMs of [-60_000, 60_000]) {
      client.nonce = () => running.demo.marketMs() + offMs;
      await expect(client.fetchBalance()).rejects.toThrow(refused(-1021));
    }
  });

  it('lets a key that may only read see and not trade, and says what a key may do', async () => {
    ensureKeys(demoFolder(folder), { rights: ['read'] });
    expect(await free('USDT')).toBe(10_000);
    await expect(client.createOrder(SYMBOL, 'market', 'buy', 0.01)).rejects.toThrow(refused(-2015));
    const ask = (client as unknown as { sapiGetAccountApiRestrictions: () => Promise<object> })
      .sapiGetAccountApiRestrictions;
    expect(await ask.call(client)).toMatchObject({
      enableSpotAndMarginTrading: false,
      enableWithdrawals: false,
    });
  });
});

async function snapshot(): Promise<unknown> {
  const { total, free: unlocked } = await client.fetchBalance();
  const orders = await client.fetchOrders(SYMBOL);
  return {
    total,
    unlocked,
    orders: orders.map(({ id, status, filled }) => ({ id, status, filled })),
  };
}

/** The same market from its beginning, with an account of its own. */
async function replay<T>(trade: (other: Signing) => Promise<T>): Promise<T> {
  await running.demo.stop();
  remove();
  ({ folder, remove } = temporaryFolder());
  keys = ensureKeys(demoFolder(folder));
  running = await runDemoIn(folder, { start: START_MS, seed: 3 });
  client = await connect();
  return trade(client);
}
