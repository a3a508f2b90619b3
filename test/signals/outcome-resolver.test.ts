import { afterEach, beforeEach, expect, it } from 'vitest';
import { OutcomeResolver } from '../../src/signals/outcome-resolver.js';
import { scoreLive } from '../../src/signals/live-score.js';
import { forEachEngine } from '../database.js';
import { walkCandles } from '../models/candle-walk.js';
import { buildModelRecord } from '../models/model-folder.js';
import { buildSignalRig, KEY, timeOf, type SignalRig } from './build-signals.js';

const NEWEST = 799;
const HORIZON = 4;
const HOUR_MS = 3_600_000;
const candles = walkCandles({ bars: NEWEST + 200 });
const closeOf = (bar: number): number => candles[bar]?.close ?? NaN;
const returnOf = (bar: number, horizon: number): number =>
  Math.log(closeOf(bar + horizon) / closeOf(bar));

forEachEngine((engine) => {
  let rig: SignalRig;
  let resolver: OutcomeResolver;

  beforeEach(async () => {
    rig = await buildSignalRig({ engine, newestBar: NEWEST });
    await rig.storeCandles(candles.slice(0, NEWEST + 1));
    const { bars, clock, stores } = rig;
    resolver = new OutcomeResolver({ bars, clock, stores, fallbackHorizonBars: HORIZON });
  });

  afterEach(() => rig.stop());

  const make = (bar: number) =>
    rig.maker.makeSignal({ key: KEY, candleOpenTime: timeOf(bar), cause: 'closed' });

  const resolved = () => rig.stores.signals.listResolved(KEY, { limit: 1_000 });

  /** Market time goes on by some bars, which are stored. */
  async function closeBars(count: number, from = NEWEST + 1): Promise<void> {
    await rig.storeCandles(candles.slice(from, from + count));
    await rig.clock.advance(count * HOUR_MS);
  }

  it('a signal is resolved once its horizon has closed, and not before', async () => {
    const { signal } = await make(NEWEST);
    await closeBars(HORIZON - 1);
    expect(await resolver.resolve(KEY)).toBe(0);
    await closeBars(1, NEWEST + HORIZON);
    expect(await resolver.resolve(KEY)).toBe(1);
    const [outcome] = await resolved();
    expect(outcome?.outcome).toMatchObject({
      signalUid: signal.uid,
      resolvedAt: rig.clock.marketMs(),
    });
    expect(outcome?.outcome?.outcomeReturn).toBeCloseTo(returnOf(NEWEST, HORIZON), 14);
    expect(await resolver.resolve(KEY)).toBe(0);
  });

  it('asks again about candles that were not there yet, and no more about those that were', async () => {
    await make(NEWEST);
    await rig.clock.advance(HORIZON * HOUR_MS);
    expect(await resolver.resolve(KEY)).toBe(0);
    await rig.storeCandles(candles.slice(NEWEST + 1, NEWEST + 1 + HORIZON));
    expect(await resolver.resolve(KEY)).toBe(1);
    expect(await resolver.resolve(KEY)).toBe(0);
    await make(NEWEST - HORIZON);
    expect(await resolver.resolve(KEY)).toBe(0);
    await closeBars(1, NEWEST + 1 + HORIZON);
    expect(await resolver.resolve(KEY)).toBe(1);
  });

  it("a model's signal is compared with its own horizon and thresholds", async () => {
    const horizonBars = 2;
    await rig.promote('model-1', { horizonBars, thresholds: { sell: -1, buy: 1 } });
    await make(NEWEST);
    await closeBars(horizonBars);
    expect(await resolver.resolve(KEY)).toBe(1);
    const [outcome] = await resolved();
    expect(outcome?.outcome?.outcomeReturn).toBeCloseTo(returnOf(NEWEST, horizonBars), 14);
    // No bar of the walk moves by a factor of e.
    expect(outcome?.outcome?.outcomeClass).toBe('HOLD');
  });

  it('a fallback signal is compared with the newest thresholds of the key, else the sign', async () => {
    for (let bar = NEWEST - 60; bar < NEWEST - 40; bar++) await make(bar);
    expect(await resolver.resolve(KEY)).toBe(20);
    for (const { candleOpenTime, outcome } of await resolved()) {
      const bar = (candleOpenTime - timeOf(0)) / HOUR_MS;
      expect(outcome?.outcomeClass).toBe(returnOf(bar, HORIZON) > 0 ? 'BUY' : 'SELL');
    }
    await rig.stores.models.insert(
      buildModelRecord({
        uid: 'old',
        trainedAt: 1,
        thresholds: { sell: 0, buy: 0 },
        stage: 'rejected',
      }),
    );
    await rig.stores.models.insert(
      buildModelRecord({
        uid: 'new',
        trainedAt: 2,
        thresholds: { sell: -1, buy: 1 },
        stage: 'rejected',
      }),
    );
    await make(NEWEST - 10);
    await closeBars(1);
    expect(await resolver.resolve(KEY)).toBe(1);
    expect((await resolved())[0]?.outcome?.outcomeClass).toBe('HOLD');
  });

  it('a bar that is not stored yet leaves the signal waiting', async () => {
    await make(NEWEST);
    await rig.clock.advance(10 * HOUR_MS);
    expect(await resolver.resolve(KEY)).toBe(0);
    await rig.storeCandles(candles.slice(NEWEST + 1, NEWEST + 11));
    expect(await resolver.resolve(KEY)).toBe(1);
  });

  it('many old signals are resolved in bounded passes, each as its candles say', async () => {
    for (let bar = 100; bar < 220; bar++) await make(bar);
    const passes: number[] = [];
    for (let pass = 0; pass < 5; pass++) passes.push(await resolver.resolve(KEY));
    expect(passes).toEqual([50, 50, 20, 0, 0]);
    const all = await resolved();
    for (const { candleOpenTime, outcome } of all) {
      const bar = (candleOpenTime - timeOf(0)) / HOUR_MS;
      expect(outcome?.outcomeReturn).toBeCloseTo(returnOf(bar, HORIZON), 14);
    }
    const score = scoreLive(all, { prior: undefined, roundTripCost: 0 });
    expect(score.signals).toBe(120);
    expect(score.hitRate).toBeGreaterThan(0);
  });
});
