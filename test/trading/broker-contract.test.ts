import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BacktestBroker } from '../../src/backtest/engine/backtest-broker.js';
import type { Quote } from '../../src/domain/market.js';
import { Money } from '../../src/domain/money.js';
import { baseChange, type Order } from '../../src/domain/trade.js';
import type { Broker, BrokerAnswer, Market, OrderTerms } from '../../src/trading/broker/broker.js';
import { PaperBroker } from '../../src/trading/broker/paper-broker.js';
import { decisionLagMs, type TradingRules } from '../../src/trading/trading-rules.js';
import { LiveWorld, SYMBOL } from '../live/live-world.js';
import { buildOrder, buildQuote, buildRules, CLOSE } from './build-trading.js';

/** A broker and the market that it trades on. */
interface Place {
  readonly broker: Broker;
  readonly rules: TradingRules;
  readonly nowMs: () => number;
  readonly quote: () => Promise<Quote>;
  readonly close: () => Promise<void>;
}

const PLACES: readonly { readonly name: string; readonly open: () => Promise<Place> }[] = [
  { name: 'paper', open: () => Promise.resolve(openPaper()) },
  { name: 'backtest', open: () => Promise.resolve(openBacktest()) },
  { name: 'live', open: openLive },
];

let orders = 0;

describe.each(PLACES)('the $name broker', ({ open }) => {
  let place: Place;
  beforeAll(async () => {
    place = await open();
  });
  afterAll(() => place.close());

  async function marketOf(isNew: boolean): Promise<Market> {
    const quote = await place.quote();
    const cash = new Money(10_000);
    const open = { entryFreeze: undefined, heldBase: undefined };
    return { nowMs: place.nowMs(), quote, cash, seen: undefined, isNew, ...open };
  }

  async function orderOf(side: Order['side'], size: string, agoMs = 1): Promise<Order> {
    const wish = { symbol: SYMBOL, side, sizeBase: new Money(size), quote: await place.quote() };
    const { broker } = place;
    const planned = side === 'buy' ? broker.planEntry(wish) : broker.planExit(wish, 1);
    if (planned.status === 'impossible') throw new Error(planned.reason);
    return toOrder(planned.terms, { side, intendedAt: place.nowMs() - agoMs });
  }

  it('fills a purchase and its sale, each within its size and its worst price', async () => {
    let held = new Money(0);
    for (const side of ['buy', 'sell'] as const) {
      const order = await orderOf(side, side === 'buy' ? '0.01' : held.toString());
      expect(order.sizeBase.lte(side === 'buy' ? '0.01' : held)).toBe(true);
      const answer = await place.broker.execute(order, await marketOf(true));
      const fills = fillsOf(answer);
      expect(fills.length).toBeGreaterThan(0);
      const size = fills.reduce((sum, { sizeBase }) => sum.plus(sizeBase), new Money(0));
      expect(size.lte(order.sizeBase)).toBe(true);
      for (const { price, feeQuote } of fills) {
        const isWithin =
          side === 'buy' ? price.lte(order.price ?? Infinity) : price.gte(order.price ?? 0);
        expect(isWithin).toBe(true);
        expect(feeQuote.gt(0)).toBe(true);
      }
      held = fills.reduce((sum, fill) => {
        return sum.plus(baseChange({ ...order, ...fill, uid: '', orderUid: order.uid }));
      }, held);
    }
    // What the fee or the step leaves over cannot be sold.
    expect(place.broker.isDust(SYMBOL, held, undefined)).toBe(true);
  });

  it('does not trade again when it is asked about the same order again', async () => {
    const order = await orderOf('buy', '0.01');
    const first = fillsOf(await place.broker.execute(order, await marketOf(true)));
    const again = await place.broker.execute(order, await marketOf(false));
    const same = fillsOf(again).map(({ price, venueTradeId }) => [price.toString(), venueTradeId]);
    expect(same).toEqual(first.map(({ price, venueTradeId }) => [price.toString(), venueTradeId]));
  });

  it('refuses a purchase that comes later than decisions are acted on', async () => {
    const order = await orderOf('buy', '0.01', decisionLagMs(place.rules) + 1_000);
    const answer = await place.broker.execute(order, await marketOf(true));
    expect(answer.status).toBe('rejected');
  });

  it('gives up a purchase that nobody has carried out, without a fill', async () => {
    const order = await orderOf('buy', '0.01');
    const answer = await place.broker.cancel(order, await marketOf(false));
    expect(['canceled', 'waiting']).toContain(answer.status);
    expect(fillsOf(answer)).toEqual([]);
  });

  it('knows nothing as dust, and a usual position as more', () => {
    expect(place.broker.isDust(SYMBOL, new Money(0), undefined)).toBe(true);
    expect(place.broker.isDust(SYMBOL, new Money('0.01'), new Money(50_000))).toBe(false);
  });
});

function fillsOf(answer: BrokerAnswer) {
  return 'fills' in answer ? (answer.fills ?? []) : [];
}

function toOrder(terms: OrderTerms, known: Pick<Order, 'side' | 'intendedAt'>): Order {
  orders += 1;
  const clientOrderId = `e${String(orders).padStart(17, '0')}`;
  const { kind, sizeBase, price, stopPrice } = terms;
  const uid = `order-${orders}`;
  return buildOrder({ uid, clientOrderId, kind, sizeBase, price, stopPrice, ...known });
}

function openPaper(): Place {
  const rules = buildRules();
  const quote = buildQuote();
  return {
    broker: new PaperBroker(rules),
    rules,
    nowMs: () => CLOSE + 1_000,
    quote: () => Promise.resolve(quote),
    close: () => Promise.resolve(),
  };
}

function openBacktest(): Place {
  const rules = buildRules();
  const broker = new BacktestBroker(
    { feeRate: rules.feeRate, slippagePct: 0, volumeShare: 0.1, maxWaitMs: decisionLagMs(rules) },
    () => undefined,
  );
  broker.showBar({ index: 1, at: CLOSE, volumeOf: () => 1_000 });
  return {
    broker,
    rules,
    nowMs: () => CLOSE,
    quote: () => Promise.resolve(buildQuote()),
    close: () => Promise.resolve(),
  };
}

async function openLive(): Promise<Place> {
  const world = await LiveWorld.open();
  return {
    broker: world.createBroker(),
    rules: world.rules,
    nowMs: () => world.clock.marketMs(),
    quote: () => world.readQuote(),
    close: () => world.close(),
  };
}
