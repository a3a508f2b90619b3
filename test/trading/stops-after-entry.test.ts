import { afterEach, expect, it } from 'vitest';
import type { Candle } from '../../src/domain/candle.js';
import { Money } from '../../src/domain/money.js';
import type { Series } from '../../src/domain/market.js';
import type { Timeframe } from '../../src/domain/timeframe.js';
import type { TradingRules } from '../../src/trading/trading-rules.js';
import type { TradingService } from '../../src/trading/service/trading-service.js';
import { forEachEngine } from '../database.js';
import { HOUR } from './build-trading.js';
import { NO_LIMITS } from './risk-limits.js';
import { TradingWorld } from './trading-world.js';

const DAY = 24 * HOUR;
const CONTEXT = { horizonBars: 4 };

// Risk: a stop is met by a price that the market had before the position existed.
forEachEngine((engine) => {
  let world: TradingWorld;

  afterEach(() => world.stop());

  /** A process that bought at a bid of 100: the stop lies at 97.0097. */
  async function buy(rules: Partial<TradingRules> = {}): Promise<TradingService> {
    world = new TradingWorld((await engine.open()).stores, {
      maxHoldBars: 0,
      risk: NO_LIMITS,
      ...rules,
    });
    const service = await world.start();
    await quote(service, 100);
    const { timeframe } = world.rules;
    await service.onSignal(world.signal({ timeframe }), CONTEXT);
    await quote(service, 100);
    return service;
  }

  async function quote(service: TradingService, bid: number): Promise<void> {
    await world.forward(3_600);
    await service.onQuotes([await world.quote(bid)]);
  }

  function seriesOf(timeframe: Timeframe): Promise<Series> {
    const { venue } = world.rules;
    const key = { venue, symbol: 'BTC/USDT', timeframe, marketId: 'BTCUSDT' } as const;
    return world.stores.series.ensure(key);
  }

  async function readPosition() {
    const [position] = (await world.read()).positions;
    return position;
  }

  it('a daily low from before the entry does not close a position bought inside that day', async () => {
    const service = await buy({ timeframe: '1d', maxDecisionLagSec: 1e9 });
    const series = await seriesOf('1d');
    const openTime = world.clock.marketMs() - (world.clock.marketMs() % DAY);
    await world.forward(DAY);
    await service.onClosedCandles(series, [through(openTime)]);
    expect(await readPosition()).toMatchObject({ status: 'open' });
    await service.onClosedCandles(series, [through(openTime + DAY)]);
    expect(await readPosition()).toMatchObject({ exitReason: 'stop_loss' });
  });

  it('a finer candle after the entry closes a position inside the bar that contains it', async () => {
    const service = await buy({ timeframe: '1d', maxDecisionLagSec: 1e9 });
    const openTime = world.clock.marketMs() - (world.clock.marketMs() % HOUR) + HOUR;
    await world.forward(2 * HOUR);
    await service.onClosedCandles(await seriesOf('1h'), [through(openTime)]);
    expect(await readPosition()).toMatchObject({ exitReason: 'stop_loss' });
  });

  it('a candle closes every position of its symbol that it went through, not the oldest alone', async () => {
    const service = await buy();
    // As a purchase is that was given up, replaced by a later one, and then found filled.
    const held = await readPosition();
    if (held !== undefined) await world.stores.positions.insert({ ...held, uid: 'another' });
    const openTime = world.clock.marketMs() - (world.clock.marketMs() % HOUR) + HOUR;
    await world.forward(2 * HOUR);
    await service.onClosedCandles(await seriesOf('1h'), [through(openTime)]);
    const { positions } = await world.read();
    expect(positions.map(({ exitReason }) => exitReason)).toEqual(['stop_loss', 'stop_loss']);
  });

  it('a change from 1h to 1w does not close a position by the low of the week of its entry', async () => {
    const first = await buy();
    await first.stop();
    const { stores } = world;
    const series = await seriesOf('1w');
    const monday = world.clock.marketMs() - ((world.clock.marketMs() - 4 * DAY) % (7 * DAY));
    await stores.candles.upsert(series.id, [through(monday)], 'rest');
    const { clock } = world;
    world = new TradingWorld(stores, { maxHoldBars: 0, timeframe: '1w' });
    await world.clock.advance((clock.marketMs() + 8 * DAY - world.clock.marketMs()) / 3_600);
    const second = await world.start();
    expect(await readPosition()).toMatchObject({ status: 'open' });
    await quote(second, 96);
    expect(await readPosition()).toMatchObject({ exitPrice: new Money(96) });
  });

  it('an exit that a restart finds is dated at the restart', async () => {
    const first = await buy();
    await first.stop();
    const series = await seriesOf('1h');
    const openTime = world.clock.marketMs() - (world.clock.marketMs() % HOUR) + HOUR;
    await world.stores.candles.upsert(series.id, [through(openTime)], 'rest');
    await world.forward(9 * HOUR);
    const restartMs = world.clock.marketMs();
    await world.start();
    const position = await readPosition();
    expect(position).toMatchObject({ status: 'closed', exitReason: 'stop_loss' });
    expect(position?.closedAt).toBeGreaterThanOrEqual(restartMs);
  });

  it('a quote that was stored before a restart does not close a position after it', async () => {
    const first = await buy();
    await first.stop();
    await world.forward(3_600);
    await world.quote(50);
    const second = await world.start();
    await second.onQuotes([await world.quote(50, 'ETH/USDT')]);
    expect(await readPosition()).toMatchObject({ status: 'open' });
    await quote(second, 99);
    expect(await readPosition()).toMatchObject({ status: 'open' });
  });

  it('a candle that closed before the stop does not buy back, and the next one does', async () => {
    const service = await buy();
    await world.forward(HOUR - 2 * 3_600);
    const candleOpenTime = world.signal().candleOpenTime;
    await quote(service, 90);
    expect(await readPosition()).toMatchObject({ exitReason: 'stop_loss' });
    const late = await service.onSignal(world.signal({ candleOpenTime }), CONTEXT);
    expect(late).toMatchObject({
      decision: {
        action: 'skip',
        reason: 'this candle closed before the last exit: an entry needs a later one',
      },
    });
    await world.forward(HOUR);
    await quote(service, 91);
    const next = await service.onSignal(world.signal(), CONTEXT);
    expect(next).toMatchObject({ decision: { action: 'open' } });
  });
});

/** A candle whose low lies below every stop here. */
function through(openTime: number): Candle {
  return { openTime, open: 100, high: 101, low: 80, close: 100, volume: 1 };
}
