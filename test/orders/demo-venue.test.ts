import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../src/demo/binance/faults.js';
import { Money } from '../../src/domain/money.js';
import { getVenueEntry } from '../../src/exchange/orders/venue-table.js';
import { ConfigError, TransientError } from '../../src/lib/errors.js';
import { newClientOrderId, openDemoOrders, requestOf, type DemoOrders } from './demo-orders.js';

const SYMBOL = 'BTC/USDT';
const ORDER = '/api/v3/order';

let demo: DemoOrders;
beforeEach(async () => {
  demo = await openDemoOrders();
});
afterEach(() => demo.stop());

/** A price that much below or above the market, on the tick. */
async function priceAt(share: number): Promise<Money> {
  const answer = await fetch(`${demo.running.baseUrl}/api/v3/ticker/price?symbol=BTCUSDT`);
  const { price } = (await answer.json()) as { price: string };
  const { priceTick = new Money(1) } = demo.venue.rulesOf(SYMBOL);
  return new Money(price).times(share).div(priceTick).floor().times(priceTick);
}

function fault(rule: Omit<FaultRule, 'path'>): void {
  demo.running.demo.faults.add({ path: ORDER, count: 1, ...rule });
}

describe('an order at the demo exchange', () => {
  it('is accepted with its fill, and its fills and balances agree to the last digit', async () => {
    const request = requestOf();
    const answer = await demo.venue.submit(request);
    if (answer.status !== 'accepted') throw new Error(answer.reason);
    const { order } = answer;
    expect(order).toMatchObject({ clientOrderId: request.clientOrderId, status: 'filled' });
    expect(order.filledBase.toFixed()).toBe('0.01');
    const fills = await demo.venue.fillsOf(order);
    const sum = (values: Money[]): Money => values.reduce((a, b) => a.plus(b), new Money(0));
    const cost = sum(fills.map(({ price, sizeBase }) => price.times(sizeBase)));
    expect(order.averagePrice?.times(order.filledBase).toFixed()).toBe(cost.toFixed());
    const fees = sum(fills.map(({ fee }) => fee.amount));
    expect(fills.map(({ fee }) => fee.currency)).toEqual(fills.map(() => 'BTC'));
    const balances = await demo.venue.balances();
    expect(balances.get('BTC')?.free.toFixed()).toBe(new Money('0.01').minus(fees).toFixed());
    expect(balances.get('USDT')?.free.toFixed()).toBe(new Money(10_000).minus(cost).toFixed());
  });

  it('of the kind limit-ioc fills what it gets within its limit and expires the rest', async () => {
    fault({ method: 'POST', effect: { kind: 'order-partial', share: 0.4 } });
    const answer = await demo.venue.submit(
      requestOf({ kind: 'limit-ioc', price: await priceAt(1.01) }),
    );
    expect(answer).toMatchObject({ status: 'accepted', order: { status: 'expired' } });
    if (answer.status === 'accepted') expect(answer.order.filledBase.toFixed()).toBe('0.004');
  });

  it('of the kind stop rests, is listed, is cancelled once and then is gone', async () => {
    await demo.venue.submit(requestOf());
    const stop = requestOf({
      kind: 'stop',
      side: 'sell',
      sizeBase: new Money('0.00999'),
      stopPrice: await priceAt(0.97),
      price: await priceAt(0.95),
    });
    expect(await demo.venue.submit(stop)).toMatchObject({ status: 'accepted' });
    const [listed] = (await demo.venue.openOrders()).orders;
    expect(listed).toMatchObject({ clientOrderId: stop.clientOrderId, kind: 'stop', side: 'sell' });
    expect(await demo.venue.cancel(SYMBOL, stop.clientOrderId)).toEqual({ status: 'canceled' });
    expect(await demo.venue.lookUp(SYMBOL, stop.clientOrderId)).toMatchObject({
      status: 'found',
      order: { status: 'canceled' },
    });
    expect(await demo.venue.cancel(SYMBOL, stop.clientOrderId)).toMatchObject({ status: 'gone' });
  });

  it.each([
    ['more than the account has', { sizeBase: new Money(5) }, '-2010'],
    ['less than the smallest value', { sizeBase: new Money('0.00001') }, '-1013'],
    ['a size off the step', { sizeBase: new Money('0.0000151') }, 'not-sent'],
    ['a price off the tick', { kind: 'limit-ioc', price: new Money('100.001') }, 'not-sent'],
    ['a symbol that the venue does not have', { symbol: 'XYZ/USDT' }, 'not-sent'],
  ] as const)('for %s is rejected for certain', async (_, changes, code) => {
    expect(await demo.venue.submit(requestOf(changes))).toMatchObject({ status: 'rejected', code });
    const orders = await demo.venue.fillsSince(SYMBOL, demo.running.demo.marketMs() - 1_000);
    expect(orders).toEqual([]);
  });

  it('with an id that is in use leaves the outcome to a look-up', async () => {
    const resting = requestOf({ kind: 'stop', side: 'buy', stopPrice: await priceAt(1.1) });
    await demo.venue.submit(resting);
    const again = await demo.venue.submit(resting);
    expect(again).toMatchObject({ status: 'unknown' });
    expect(await demo.venue.lookUp(SYMBOL, resting.clientOrderId)).toMatchObject({
      status: 'found',
      order: { status: 'open' },
    });
  });
});

const LOST = [
  ['a hang', { kind: 'hang' }],
  ['a reset', { kind: 'reset' }],
  ['a 502 with a web page', { kind: 'html', status: 502 }],
  ['a 200 with a web page', { kind: 'html', status: 200 }],
  ['429', { kind: 'too-many-requests', retryAfterSec: 0 }],
  ['a body that is cut', { kind: 'cut-body' }],
  ['a body that is no JSON', { kind: 'not-json' }],
  ['−1006', { kind: 'refusal', status: 400, code: -1006, message: 'Unexpected response.' }],
  ['−1007', { kind: 'refusal', status: 408, code: -1007, message: 'Timeout.' }],
  ['−1001', { kind: 'refusal', status: 400, code: -1001, message: 'Disconnected.' }],
  ['−1008', { kind: 'refusal', status: 503, code: -1008, message: 'Server is busy.' }],
  ['a code that is nowhere documented', { kind: 'refusal', status: 400, code: -9999, message: '' }],
  ['a refusal by a gateway', { kind: 'refusal', status: 502, code: -2010, message: 'No.' }],
] as const satisfies readonly (readonly [string, FaultRule['effect']])[];

describe('the outcome of an order', () => {
  it.each(LOST)('is unknown after %s, and the order is sent once', async (_, effect) => {
    fault({ method: 'POST', after: true, effect });
    const request = requestOf();
    expect(await demo.venue.submit(request)).toMatchObject({ status: 'unknown' });
    expect(demo.running.demo.faults.status()[0]).toMatchObject({ matched: 1 });
    expect(await demo.venue.lookUp(SYMBOL, request.clientOrderId)).toMatchObject({
      status: 'found',
      order: { status: 'filled' },
    });
  });

  it('is absent only by what the venue says, with a time before it was asked', async () => {
    fault({ method: 'POST', effect: { kind: 'reset' } });
    const request = requestOf();
    expect(await demo.venue.submit(request)).toMatchObject({ status: 'unknown' });
    for (const [, effect] of LOST) {
      demo.running.demo.faults.clear();
      fault({ method: 'GET', effect });
      const answer = await demo.venue.lookUp(SYMBOL, request.clientOrderId);
      expect(answer).toMatchObject({ status: 'unknown' });
    }
    expect(await demo.venue.lookUp(SYMBOL, request.clientOrderId)).toEqual({
      status: 'absent',
      askedAtVenueTime: demo.running.demo.marketMs(),
    });
  });

  it('is certain where nothing was sent because the venue asked to wait', async () => {
    fault({ method: 'POST', effect: { kind: 'too-many-requests', retryAfterSec: 30 } });
    expect(await demo.venue.submit(requestOf())).toMatchObject({ status: 'unknown' });
    const second = await demo.venue.submit(requestOf());
    expect(second).toMatchObject({ status: 'rejected', code: 'not-sent' });
  });

  it('of a cancellation is unknown after a lost answer', async () => {
    const resting = requestOf({ kind: 'stop', stopPrice: await priceAt(1.1) });
    await demo.venue.submit(resting);
    fault({ method: 'DELETE', after: true, effect: { kind: 'reset' } });
    const { clientOrderId } = resting;
    expect(await demo.venue.cancel(SYMBOL, clientOrderId)).toMatchObject({ status: 'unknown' });
    expect(await demo.venue.cancel(SYMBOL, clientOrderId)).toMatchObject({ status: 'gone' });
  });
});

describe('what the venue tells of itself', () => {
  it('has the rules of a symbol as exact decimals', () => {
    const rules = demo.venue.rulesOf(SYMBOL);
    expect(rules).toMatchObject({ isTrading: true, stops: 'limit-or-market', base: 'BTC' });
    expect(rules.sizeStep?.toFixed()).toBe('0.00001');
    expect(rules.priceTick?.toFixed()).toBe('0.01');
    expect(rules.minCost?.toFixed()).toBe('5');
    expect(rules.pricePercent?.sell.lowest.toFixed()).toBe('0.2');
  });

  it('reads fills window by window over more than a day', async () => {
    const from = demo.running.demo.marketMs();
    for (let day = 0; day < 4; day++) {
      await demo.venue.submit(requestOf({ sizeBase: new Money('0.001') }));
      demo.running.advance(86_400_000);
    }
    const fills = await demo.venue.fillsSince(SYMBOL, from);
    expect(fills.map(({ sizeBase }) => sizeBase.toFixed())).toEqual(Array(4).fill('0.001'));
    expect(new Set(fills.map(({ venueTradeId }) => venueTradeId)).size).toBe(4);
  });

  it('rejects reads that fail as transient', async () => {
    demo.running.demo.faults.add({ path: '/api/v3/openOrders', effect: { kind: 'reset' } });
    await expect(demo.venue.openOrders()).rejects.toThrow(TransientError);
  });

  it('is not traded with where it is not in the table', () => {
    expect(() => getVenueEntry('bitfinex')).toThrow(ConfigError);
    expect(() => getVenueEntry('bitfinex')).toThrow(/find.*by its client id.*trade on paper/);
    expect(newClientOrderId()).toMatch(/^e\d{17}$/);
  });
});
