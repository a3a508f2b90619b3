import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Money } from '../../src/domain/money.js';
import { CcxtOrderVenue } from '../../src/exchange/orders/ccxt-order-venue.js';
import type { OrderRequest } from '../../src/exchange/orders/order-venue.js';
import { VENUE_TABLE } from '../../src/exchange/orders/venue-table.js';
import { VenueClock } from '../../src/exchange/venue-clock.js';
import { SystemClock } from '../../src/lib/clock.js';
import { ID, TIME, type VenueCase } from './venue-case.js';
import { VENUE_CASES } from './venue-cases.js';
import { answerFills, FILL_CALLS } from './venue-fills.js';
import { answerOpenOrders, OPEN_ORDERS_CALLS } from './venue-open-orders.js';
import { MARKET_ANSWERS } from './venue-markets.js';
import { VenueServer, type Answer } from './venue-server.js';

/** Coinbase's keys are of an elliptic curve; the others sign with any text, Kraken's in base64. */
const PEM = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'sec1', format: 'pem' })
  .toString();

function secretFor(exchangeId: string): string {
  return exchangeId === 'coinbase' ? PEM : Buffer.from('a secret').toString('base64');
}

/** `size`, `side` and the rest of a purchase by IOC, but for what is given. */
function requestOf(symbol: string, changes: Partial<OrderRequest> = {}): OrderRequest {
  return {
    clientOrderId: ID,
    symbol,
    side: 'buy',
    kind: 'limit-ioc',
    sizeBase: new Money('0.01'),
    price: new Money('60000.01'),
    ...changes,
  };
}

/** Answers the n-th request of a path by the n-th answer. */
function inTurn(
  server: VenueServer,
  {
    paths,
    answers,
    method,
  }: Record<'paths', readonly string[]> & {
    readonly answers: readonly Answer[];
    readonly method?: string;
  },
): void {
  let next = 0;
  server.answer(({ path, method: used }) => {
    if (method !== undefined && used !== method) return undefined;
    const expected = paths[next];
    return expected !== undefined && path.includes(expected) ? answers[next++] : undefined;
  });
}

it('has a test for every venue of the table', () => {
  const tested = VENUE_CASES.map(({ exchangeId }) => exchangeId);
  expect(tested).toEqual(VENUE_TABLE.map(({ exchangeId }) => exchangeId));
});

describe.each(VENUE_CASES)('$exchangeId', (one: VenueCase) => {
  const { exchangeId, symbol } = one;
  let server: VenueServer;
  let venue: CcxtOrderVenue;
  beforeAll(async () => {
    server = new VenueServer();
    venue = new CcxtOrderVenue({
      exchangeId,
      baseUrl: await server.start(),
      keys: { apiKey: 'the-key', secret: secretFor(exchangeId), passphrase: 'phrase' },
      clock: new VenueClock({ wall: new SystemClock() }),
      requestSpacingMs: 1,
      timeoutMs: 2_000,
      retry: { attempts: 1 },
    });
    server.answer(MARKET_ANSWERS[exchangeId] ?? (() => undefined));
    await venue.start();
  });
  afterAll(async () => {
    venue.stop();
    await server.stop();
  });
  beforeEach(() => {
    server.requests.length = 0;
  });

  function answerOrder(answer: Answer): void {
    server.answer(({ path, method }) =>
      path === one.createPath && method === 'POST' ? answer : undefined,
    );
  }

  it('reads size step, tick and whether the symbol trades as exact decimals', () => {
    const rules = venue.rulesOf(symbol);
    expect([rules.sizeStep?.toFixed(), rules.priceTick?.toFixed(), rules.isTrading]).toEqual([
      '0.00001',
      '0.01',
      true,
    ]);
  });

  it('reads the largest size of a market order where the exchange states one of its own', () => {
    const largest = exchangeId === 'binance' ? '80' : undefined;
    expect(venue.rulesOf(symbol).maxMarketSize?.toFixed()).toBe(largest);
  });

  it('sends client id, type, time in force, amount and price of an IOC purchase, once', async () => {
    answerOrder(one.accepted);
    const answer = await venue.submit(requestOf(symbol));
    expect(answer).toMatchObject({ status: 'accepted', order: { clientOrderId: ID, side: 'buy' } });
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({ path: one.createPath, parameters: one.limitIoc });
  });

  it('sends a sale at the market by an amount of the base', async () => {
    answerOrder(one.accepted);
    const sale = { ...requestOf(symbol), kind: 'market', side: 'sell' } as const;
    expect(await venue.submit(sale)).toMatchObject({ status: 'accepted' });
    expect(server.requests).toMatchObject([{ parameters: one.marketSell }]);
  });

  it('sends a market purchase by an amount of the base, or refuses it itself', async () => {
    answerOrder(one.accepted);
    const answer = await venue.submit({ ...requestOf(symbol), kind: 'market' });
    if (venue.abilities.marketPurchases) expect(answer.status).toBe('accepted');
    else expect(answer).toMatchObject({ status: 'rejected', code: 'not-sent' });
    expect(server.requests).toHaveLength(venue.abilities.marketPurchases ? 1 : 0);
  });

  it('sends a stop that rests until its trigger, or refuses it itself', async () => {
    answerOrder(one.accepted);
    const levels = { stopPrice: new Money(50_000), price: new Money(49_000) };
    const answer = await venue.submit(requestOf(symbol, { kind: 'stop', side: 'sell', ...levels }));
    if (one.stop === undefined) {
      expect(venue.abilities.stops).toBe('none');
      expect(answer).toMatchObject({ status: 'rejected', code: 'not-sent' });
      expect(server.requests).toEqual([]);
    } else {
      expect(answer.status).toBe('accepted');
      expect(server.requests).toMatchObject([{ parameters: one.stop }]);
    }
  });

  it('rejects for certain what the venue refuses by a code of the table', async () => {
    answerOrder(one.rejected);
    const answer = await venue.submit(requestOf(symbol));
    expect(answer).toMatchObject({ status: 'rejected', code: one.rejectedCode });
  });

  const lost: readonly Answer[] = [
    'reset',
    { status: 502, body: '<html>Bad Gateway</html>' },
    { status: 200, body: '<html>Maintenance</html>' },
    { status: 200, body: '{"cut' },
    { status: 429, body: {} },
  ];
  it.each([...one.ambiguous, ...lost].map((answer) => [answer]))(
    'leaves the outcome unknown after %j',
    async (answer) => {
      // A venue that asks to wait is left alone, so each case has a connection of its own.
      answerOrder(answer);
      const fresh = await connectAgain();
      expect(await fresh.submit(requestOf(symbol))).toMatchObject({ status: 'unknown' });
      expect(server.sent(one.createPath).filter(({ method }) => method === 'POST')).toHaveLength(1);
      fresh.stop();
    },
  );

  async function connectAgain(): Promise<CcxtOrderVenue> {
    const fresh = new CcxtOrderVenue({
      exchangeId,
      baseUrl: server.address,
      keys: { apiKey: 'the-key', secret: secretFor(exchangeId), passphrase: 'phrase' },
      clock: new VenueClock({ wall: new SystemClock() }),
      requestSpacingMs: 1,
      timeoutMs: 2_000,
      retry: { attempts: 1 },
    });
    await fresh.start();
    return fresh;
  }

  it('finds an order by its client id with what was filled', async () => {
    inTurn(server, { paths: one.lookUpPaths, answers: one.found, method: lookUpMethod(one) });
    const answer = await venue.lookUp(symbol, ID);
    expect(answer).toMatchObject({ status: 'found', order: { clientOrderId: ID, symbol } });
    if (answer.status !== 'found') return;
    expect(['canceled', 'expired']).toContain(answer.order.status);
    expect(answer.order.filledBase.toFixed()).toBe('0.004');
    expect(answer.order.averagePrice?.toFixed()).toBe('60000');
    expect(answer.order.createdAt).toBe(TIME);
    const { lookUpParameter } = one;
    if (lookUpParameter !== undefined) {
      for (const { parameters } of server.requests)
        expect(parameters).toMatchObject(lookUpParameter);
    }
  });

  it.each(['foreign', 'absent'] as const)(
    'calls an order absent once every place was asked (%s)',
    async (kind) => {
      inTurn(server, { paths: one.lookUpPaths, answers: one[kind], method: lookUpMethod(one) });
      expect(await venue.lookUp(symbol, ID)).toMatchObject({ status: 'absent' });
      expect(server.requests).toHaveLength(one.lookUpPaths.length);
    },
  );

  it('does not call an order absent when one place did not answer', async () => {
    const failing = one.absent.map((answer, at) =>
      at === one.absent.length - 1 ? 'reset' : answer,
    );
    inTurn(server, { paths: one.lookUpPaths, answers: failing, method: lookUpMethod(one) });
    expect(await venue.lookUp(symbol, ID)).toMatchObject({ status: 'unknown' });
  });

  const call = FILL_CALLS[exchangeId];
  const ages = [
    { what: 'of this hour', ageMs: 3_600_000, apartMs: 1 },
    { what: 'of ten days ago', ageMs: 10 * 86_400_000, apartMs: 1 },
    { what: 'within a millisecond', ageMs: 3_600_000, apartMs: 0 },
  ];
  const fillCases = call === undefined ? [] : ages.map((age) => ({ ...age, call }));
  it.each(fillCases)(
    'finds all 101 fills of an order $what',
    async ({ ageMs, apartMs, call: fillCall }) => {
      const createdAt = Date.now() - ageMs;
      const fills = Array.from({ length: 102 }, (_, at) => ({
        // One of them is of another order.
        ...{ id: String(at), orderId: at === 50 ? 'other' : '77', at: createdAt + at * apartMs },
      }));
      server.answer(answerFills(fillCall, fills));
      const found = await venue.fillsOf({
        ...{ clientOrderId: ID, venueOrderId: '77', symbol, side: 'buy', kind: 'market' },
        ...{ status: 'filled', averagePrice: new Money(60_000), createdAt, updatedAt: Date.now() },
        ...{ sizeBase: new Money('0.00101'), filledBase: new Money('0.00101') },
      });
      const ours = fills.filter(({ orderId }) => orderId === '77').map(({ id }) => id);
      expect(new Set(found.map(({ venueTradeId }) => venueTradeId))).toEqual(new Set(ours));
      expect(found).toHaveLength(ours.length);
      const [first] = server.requests;
      expect(first?.parameters).toMatchObject({ [fillCall.names[0]]: '77' });
    },
  );

  it('finds an order of ours below two hundred open orders of another program', async () => {
    const listing = OPEN_ORDERS_CALLS[exchangeId];
    if (listing === undefined) throw new Error(`${exchangeId} has no list of open orders`);
    const orders = Array.from({ length: 201 }, (_, at) => ({
      id: String(1_000 + at),
      clientOrderId: at === 0 ? ID : `grid-${at}`,
    }));
    server.answer(answerOpenOrders(listing, orders));
    const { orders: found, unreadable, mayBeMore } = await venue.openOrders();
    expect(found).toHaveLength(201);
    const ours = found.find(({ clientOrderId }) => clientOrderId === ID);
    expect(ours).toMatchObject({ symbol, side: 'sell', status: 'open' });
    expect({ unreadable, mayBeMore }).toEqual({ unreadable: [], mayBeMore: false });
    const pages = server.sent(listing.path).filter(({ path }) => path.endsWith(listing.path));
    expect(pages).toHaveLength(Math.ceil(201 / (listing.page ?? Infinity)) || 1);
  });

  it('cancels by client id, and says when nothing is left to cancel', async () => {
    const listed = exchangeId === 'coinbase' ? [COINBASE_OPEN] : [];
    const lists = exchangeId === 'coinbase' ? ['/orders/historical/batch'] : [];
    const cancel = (answer: Answer): void =>
      inTurn(server, {
        paths: [...lists, one.cancelPath, one.cancelPath],
        answers: [...listed, answer, answer],
      });
    cancel(one.canceled);
    expect(await venue.cancel(symbol, ID)).toEqual({ status: 'canceled' });
    const sent = server.requests.at(-1);
    expect(sent?.parameters).toMatchObject(one.cancelParameter);
    cancel(one.gone);
    expect(await venue.cancel(symbol, ID)).toMatchObject({ status: 'gone' });
  });
});

const COINBASE_OPEN =
  VENUE_CASES.find(({ exchangeId }) => exchangeId === 'coinbase')?.found[1] ?? 'reset';

/** Creation and query share a path at some venues. */
function lookUpMethod({ exchangeId }: VenueCase): string {
  return exchangeId === 'kraken' ? 'POST' : 'GET';
}
