import { afterEach, describe, expect, it } from 'vitest';
import { Money } from '../../src/domain/money.js';
import { HaltError } from '../../src/lib/errors.js';
import type { TradingService } from '../../src/trading/service/trading-service.js';
import type { TradingRules } from '../../src/trading/trading-rules.js';
import { forEachEngine } from '../database.js';
import { buildFallback, buildInstrument, HOUR } from './build-trading.js';
import { FaultyStores } from './killable-stores.js';
import { NO_LIMITS } from './risk-limits.js';
import { TradingWorld } from './trading-world.js';

const CONTEXT = { horizonBars: 4 };

forEachEngine((engine) => {
  let world: TradingWorld;

  async function begin(rules: Partial<TradingRules> = {}): Promise<TradingService> {
    world = new TradingWorld((await engine.open()).stores, rules);
    return world.start();
  }

  /** A second goes by, then a quote arrives. */
  async function next(service: TradingService, bid: number | string): Promise<void> {
    await world.forward(3_600);
    await service.onQuotes([await world.quote(bid)]);
  }

  /** A BUY is decided on and filled at the next quote, a bid of 100. */
  async function buy(service: TradingService): Promise<void> {
    await next(service, 100);
    await service.onSignal(world.signal(), CONTEXT);
    await next(service, 100);
  }

  /** The reason of the decision on a signal. */
  async function reasonFor(
    service: TradingService,
    ...changes: Parameters<TradingWorld['signal']>
  ) {
    const answer = await service.onSignal(world.signal(...changes), CONTEXT);
    return answer.status === 'decided' ? answer.decision.reason : answer.state;
  }

  afterEach(() => world.stop());

  describe('a round trip', () => {
    it('stores decision and intent at once, and fills at the first quote after', async () => {
      const service = await begin();
      await next(service, 100);
      const answer = await service.onSignal(world.signal(), CONTEXT);
      const before = await world.read();
      expect(answer).toMatchObject({ status: 'decided', decision: { action: 'open' } });
      expect(before.positions).toMatchObject([{ status: 'opening', sizeBase: new Money('9.999') }]);
      expect(before.orders).toMatchObject([{ status: 'intended', side: 'buy' }]);
      expect(before.fills).toEqual([]);
      await next(service, 101);
      const { positions, orders, fills, decisions } = await world.read();
      expect(positions).toMatchObject([{ status: 'open', stopPrice: new Money('97.979797') }]);
      expect(orders).toMatchObject([{ status: 'filled' }]);
      expect(fills).toMatchObject([{ price: new Money('101.0101'), sizeBase: new Money('9.999') }]);
      expect(decisions[0]?.positionUid).toBe(positions[0]?.uid);
    });

    it('is decided on quotes that came while it waited for its turn, and says which', async () => {
      const service = await begin();
      const known = [await world.quote(100), await world.quote(50, 'ETH/USDT')];
      await service.onQuotes(known);
      await world.forward(3_600);
      const newer = await world.quote(40, 'ETH/USDT');
      const answers = [world.signal(), world.signal({ symbol: 'ETH/USDT' })].map((signal) =>
        service.onSignal(signal, CONTEXT),
      );
      const taken = service.onQuotes([newer]);
      expect((await answers[1])?.status).toBe('decided');
      await Promise.all([...answers, taken]);
      const { decisions, positions } = await world.read();
      expect(decisions.at(-1)).toMatchObject({ symbol: 'ETH/USDT', quotesAt: newer.venueTime });
      expect(positions.at(-1)?.sizeBase.toNumber()).toBeCloseTo(1_000 / 40.004, 2);
    });

    it('closes on SELL and accounts for both fees, to the last digit', async () => {
      const service = await begin();
      await buy(service);
      await world.forward(HOUR);
      await service.onSignal(world.signal({ prediction: 'SELL', confidence: 34 }), CONTEXT);
      await next(service, 102);
      const { positions, fills } = await world.read();
      // 9.999 × (102 − 100.01) less 0.1 % of 9.999 × (102 + 100.01)
      const pnl = new Money('9.999').times('1.99').minus(new Money('0.009999').times('202.01'));
      expect(positions).toMatchObject([
        { status: 'closed', exitReason: 'signal', exitPrice: new Money(102), realizedPnl: pnl },
      ]);
      expect(fills).toHaveLength(2);
      expect(service.status().books?.cash).toEqual(new Money(10_000).plus(pnl));
      expect(await world.cashByFills()).toEqual(new Money(10_000).plus(pnl));
    });

    it('decides on a signal once, however often it is handed in', async () => {
      const service = await begin();
      await next(service, 100);
      const signal = world.signal();
      const first = await service.onSignal(signal, CONTEXT);
      expect(await service.onSignal(signal, CONTEXT)).toMatchObject(first);
      expect((await world.read()).orders).toHaveLength(1);
    });
  });

  describe('what does not trade says why', () => {
    it('a fallback', async () => {
      const service = await begin();
      await next(service, 100);
      const answer = await service.onSignal(buildFallback(), CONTEXT);
      expect(answer).toMatchObject({
        decision: { reason: 'fallback not executed: ALLOW_FALLBACK_EXECUTION=false' },
      });
      expect((await world.read()).orders).toEqual([]);
    });

    it('another timeframe, another bot, another currency, an unlisted symbol', async () => {
      const service = await begin();
      world.instruments.set('ETH/BTC', buildInstrument('ETH/BTC'));
      const other = '1h catboost trades, not';
      expect(await reasonFor(service, { timeframe: '4h' })).toBe(`advisory: ${other} 4h catboost`);
      expect(await reasonFor(service, { bot: 'lstm' })).toBe(`advisory: ${other} 1h lstm`);
      expect(await reasonFor(service, { symbol: 'ETH/BTC' })).toBe(
        'advisory: quoted in BTC, the books are kept in USDT',
      );
      expect(await reasonFor(service, { symbol: 'XYZ/USDT' })).toBe(
        'advisory: XYZ/USDT is not among the markets that trade',
      );
      const { decisions } = await world.read();
      expect(decisions.map(({ isAdvisory }) => isAdvisory)).toEqual([true, true, true, true]);
    });

    it('no quote, or only an old one', async () => {
      const service = await begin();
      expect(await reasonFor(service)).toBe('no quote');
      await next(service, 100);
      await world.forward(HOUR);
      expect(await reasonFor(service)).toBe('no quote');
    });

    it('too little cash, also for what is still on its way', async () => {
      const service = await begin({
        risk: { ...NO_LIMITS, positionFraction: new Money('0.95') },
      });
      await next(service, 100);
      await service.onQuotes([await world.quote(50, 'ETH/USDT')]);
      await service.onQuotes([await world.quote(20, 'SOL/USDT')]);
      expect(await reasonFor(service)).toBe('BUY');
      expect(await reasonFor(service, { symbol: 'ETH/USDT' })).toBe('BUY');
      expect(await reasonFor(service, { symbol: 'SOL/USDT' })).toMatch(/^not enough cash: /);
    });

    it("an order below the venue's minimum", async () => {
      const service = await begin({ paperEquity: new Money(42) });
      await next(service, 100);
      expect(await reasonFor(service)).toMatch(/^below the venue's minimum order: 4\.1/);
    });

    it('frozen entries', async () => {
      const service = await begin();
      await next(service, 100);
      world.entryFreeze = 'the books are on MySQL';
      expect(await reasonFor(service)).toBe('entries frozen: the books are on MySQL');
    });

    it('a halt after a fault of the books, also after a restart, until a person resumes', async () => {
      const { stores } = await engine.open();
      world = new TradingWorld(stores);
      const faulty = new FaultyStores(stores);
      const service = await world.start({ stores: faulty.stores });
      await buy(service);
      faulty.fault = new HaltError('the database is damaged');
      await world.forward(HOUR);
      await expect(service.onQuotes([await world.quote(100)])).rejects.toThrow(HaltError);
      faulty.fault = undefined;
      const symbol = 'ETH/USDT';
      await service.onQuotes([await world.quote(50, symbol)]);
      expect(await reasonFor(service, { symbol })).toBe(
        'entries frozen: halted: the database is damaged',
      );
      await next(service, 90);
      expect(await world.read()).toMatchObject({ positions: [{ exitReason: 'stop_loss' }] });
      await service.stop();
      const restarted = await world.start();
      expect(restarted.status().halt).toMatchObject({ cause: 'fault', author: 'daemon' });
      await restarted.control.resume('a person');
      expect(restarted.status().halt).toBeUndefined();
    });

    it('a candle that is not the newest', async () => {
      const service = await begin();
      await next(service, 100);
      await service.skipLate(world.signal());
      const { decisions } = await world.read();
      expect(decisions).toMatchObject([
        { action: 'skip', reason: 'too late: a newer candle has closed since' },
      ]);
    });
  });

  describe('a second signal for a candle, after a promotion', () => {
    it('acts when the first did not', async () => {
      const service = await begin();
      await next(service, 100);
      const fallback = buildFallback();
      await service.onSignal(fallback, CONTEXT);
      expect(await reasonFor(service, { supersedesUid: fallback.uid })).toBe('BUY');
    });

    it('does not change the position again', async () => {
      const service = await begin();
      await buy(service);
      expect(await reasonFor(service, { prediction: 'SELL', modelUid: 'model-2' })).toBe(
        'this candle has already changed the position',
      );
    });
  });

  describe('an open position is left', () => {
    it('at a quote through its stop, at that quote', async () => {
      const service = await begin();
      await buy(service);
      await next(service, '97.01');
      expect(await world.read()).toMatchObject({ positions: [{ status: 'open' }] });
      await next(service, '96.5');
      expect(await world.read()).toMatchObject({
        positions: [{ status: 'closed', exitReason: 'stop_loss', exitPrice: new Money('96.5') }],
      });
    });

    it('at its target', async () => {
      const service = await begin({ takeProfitPct: 5 });
      await buy(service);
      await next(service, '105.1');
      expect(await world.read()).toMatchObject({ positions: [{ exitReason: 'take_profit' }] });
    });

    it('at a closed candle through its stop, at the stop', async () => {
      const service = await begin();
      await buy(service);
      const { venue } = world.rules;
      const key = { venue, symbol: 'BTC/USDT', timeframe: '1h', marketId: 'BTCUSDT' } as const;
      const series = await world.stores.series.ensure(key);
      const openTime = world.signal().candleOpenTime + 2 * HOUR;
      const candle = { openTime, open: 100, high: 101, low: 90, close: 99, volume: 1 };
      await world.forward(2 * HOUR);
      await service.onClosedCandles(series, [candle]);
      expect(await world.read()).toMatchObject({
        positions: [{ exitReason: 'stop_loss', exitPrice: new Money('97.0097') }],
      });
    });

    it('at a candle that closed while no daemon ran', async () => {
      const service = await begin();
      await buy(service);
      await service.stop();
      const { venue } = world.rules;
      const key = { venue, symbol: 'BTC/USDT', timeframe: '1h', marketId: 'BTCUSDT' } as const;
      const series = await world.stores.series.ensure(key);
      const openTime = world.signal().candleOpenTime + 2 * HOUR;
      const gap = { openTime, open: 95, high: 101, low: 94, close: 100, volume: 1 };
      await world.stores.candles.upsert(series.id, [gap], 'rest');
      await world.forward(3 * HOUR);
      await world.start();
      expect(await world.read()).toMatchObject({
        positions: [{ exitReason: 'stop_loss', exitPrice: new Money(95) }],
      });
    });

    it('after the holding time, once the decision that may prolong it has been made', async () => {
      const service = await begin();
      await buy(service);
      await world.forward(4 * HOUR);
      await next(service, 100);
      expect(await world.read()).toMatchObject({ positions: [{ status: 'open' }] });
      await service.onSignal(world.signal({ prediction: 'HOLD' }), CONTEXT);
      await next(service, 100);
      expect(await world.read()).toMatchObject({ positions: [{ exitReason: 'max_hold' }] });
    });

    it('after the holding time when no decision comes in time', async () => {
      const service = await begin();
      await buy(service);
      await world.forward(4.6 * HOUR);
      await next(service, 100);
      expect(await world.read()).toMatchObject({ positions: [{ exitReason: 'max_hold' }] });
    });

    it('later when BUY is said again, but not for a fixed holding time', async () => {
      const service = await begin();
      await buy(service);
      await world.forward(4 * HOUR);
      expect(await reasonFor(service)).toBe('already long');
      await next(service, 100);
      expect(await world.read()).toMatchObject({ positions: [{ status: 'open' }] });
      await world.stop();

      const fixed = await begin({ maxHoldBars: 2, venue: 'fixed' });
      await buy(fixed);
      await world.forward(2 * HOUR);
      await reasonFor(fixed);
      await next(fixed, 100);
      expect(await world.read()).toMatchObject({ positions: [{ exitReason: 'max_hold' }] });
    });

    it('by its stop while only fallback signals come', async () => {
      const service = await begin();
      await buy(service);
      await world.forward(HOUR);
      const candleOpenTime = world.signal().candleOpenTime;
      await service.onSignal(buildFallback({ prediction: 'SELL', candleOpenTime }), CONTEXT);
      expect(await world.read()).toMatchObject({ positions: [{ status: 'open' }] });
      await next(service, 90);
      expect(await world.read()).toMatchObject({ positions: [{ exitReason: 'stop_loss' }] });
    });
  });

  describe('the books', () => {
    it('give up a purchase that met no quote in time, and are free to buy again', async () => {
      const service = await begin();
      await next(service, 100);
      await service.onSignal(world.signal(), CONTEXT);
      await world.forward(HOUR);
      await service.onQuotes([]);
      expect(await world.read()).toMatchObject({
        positions: [{ status: 'abandoned' }],
        orders: [{ status: 'rejected', reason: 'no quote within 1800 s of the decision' }],
      });
      await next(service, 100);
      expect(await reasonFor(service)).toBe('BUY');
    });

    it('are valued once a bar and after each fill', async () => {
      const service = await begin();
      for (const bid of [100, 101, 102]) await next(service, bid);
      await buy(service);
      await next(service, 103);
      await world.forward(HOUR);
      await next(service, 104);
      const book = { venue: world.rules.venue };
      const { rows } = await world.stores.equity.list(book, { limit: 100, offset: 0 });
      // At the start, after the purchase, and in the bar after it.
      expect(rows).toHaveLength(3);
      for (const { cash, positionsValue, equity } of rows) {
        expect(equity).toEqual(cash.plus(positionsValue));
      }
      expect(rows[0]?.positionsValue).toEqual(new Money('9.999').times(104));
    });

    it('began with an equity that a changed setting does not rewrite', async () => {
      const { stores } = await engine.open();
      world = new TradingWorld(stores);
      await (await world.start()).stop();
      world = new TradingWorld(stores, { paperEquity: new Money(500) });
      const { books, warnings } = (await world.start()).status();
      expect(books?.cash).toEqual(new Money(10_000));
      expect(warnings).toEqual(['PAPER_EQUITY=500 is not used: these books began with 10000 USDT']);
      expect(world.logger.lines).toContainEqual(expect.objectContaining({ message: warnings[0] }));
    });
  });
});
