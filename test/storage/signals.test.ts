import { ulid } from 'ulid';
import { describe, expect, it } from 'vitest';
import { RejectedError } from '../../src/lib/errors.js';
import { fixedClock, forEachEngine } from '../database.js';
import {
  aDecision,
  aFallbackSignal,
  aModelSignal,
  aPrediction,
  HOUR_MS,
  KEY,
  START_MS,
} from './rows.js';

const PAGE = { limit: 10, offset: 0 };

forEachEngine((engine) => {
  describe('predictions', () => {
    it('stand as they were first made for their model and candle', async () => {
      const { stores } = await engine.open({ clock: fixedClock(9_000) });
      const prediction = aPrediction({ probabilities: [0.1, 0.2, 0.7], expectedReturn: -1 / 3 });
      const first = await stores.predictions.insert(prediction);
      expect(first).toMatchObject({
        status: 'inserted',
        prediction: { ...prediction, createdAt: 9_000 },
      });
      const again = aPrediction({ modelUid: prediction.modelUid, expectedReturn: 1 });
      const second = await stores.predictions.insert(again);
      expect(second).toEqual({ status: 'exists', prediction: first.prediction });
      const found = await stores.predictions.find(prediction);
      expect(found).toEqual(first.prediction);
    });

    it('of a global model stand for each instrument by itself', async () => {
      const { stores } = await engine.open();
      const ofBtc = aPrediction();
      const ofEth = aPrediction({
        modelUid: ofBtc.modelUid,
        symbol: 'ETH/USDT',
        expectedReturn: 1,
      });
      await stores.predictions.insert(ofBtc);
      expect(await stores.predictions.insert(ofEth)).toMatchObject({
        status: 'inserted',
        prediction: ofEth,
      });
      expect(await stores.predictions.find(ofBtc)).toMatchObject(ofBtc);
    });

    it('refuse an output that is not a number', async () => {
      const { stores } = await engine.open();
      const attempt = stores.predictions.insert(aPrediction({ expectedReturn: NaN }));
      await expect(attempt).rejects.toThrow(RejectedError);
    });

    it('are listed by filter, newest candle first', async () => {
      const { stores } = await engine.open();
      const modelUid = ulid();
      for (const index of [0, 2, 1]) {
        await stores.predictions.insert(
          aPrediction({ modelUid, candleOpenTime: START_MS + index * HOUR_MS }),
        );
      }
      await stores.predictions.insert(aPrediction({ symbol: 'ETH/USDT' }));
      const listed = await stores.predictions.list({ modelUid }, { limit: 2, offset: 1 });
      expect(listed.total).toBe(3);
      expect(listed.rows.map((row) => (row.candleOpenTime - START_MS) / HOUR_MS)).toEqual([1, 0]);
    });
  });

  describe('signals', () => {
    it('come back as they were stored, a model’s and the fallback’s', async () => {
      const { stores } = await engine.open({ clock: fixedClock(9_000) });
      const model = aModelSignal({ supersedesUid: ulid(), confidence: 100 / 3 });
      const fallback = aFallbackSignal();
      const short = aFallbackSignal({ bot: 'other', indicators: undefined, prediction: 'HOLD' });
      for (const signal of [model, fallback, short]) {
        const stored = await stores.signals.insert(signal);
        expect(stored.status).toBe('inserted');
        const { id, createdAt, outcome, ...rest } = stored.signal;
        expect(rest).toEqual(signal);
        expect({ createdAt, outcome }).toEqual({ createdAt: 9_000, outcome: undefined });
        expect(await stores.signals.find(signal.uid)).toEqual({ ...stored.signal, id });
      }
    });

    it('exist once for a candle and its origin', async () => {
      const { stores } = await engine.open();
      const first = await stores.signals.insert(aFallbackSignal());
      const again = await stores.signals.insert(aFallbackSignal({ confidence: 60 }));
      expect(again).toEqual({ status: 'exists', signal: first.signal });
      const byModel = await stores.signals.insert(aModelSignal());
      const byOther = await stores.signals.insert(aModelSignal());
      expect([byModel.status, byOther.status]).toEqual(['inserted', 'inserted']);
      expect((await stores.signals.list({}, PAGE)).total).toBe(3);
    });

    it('refuse a second row under a uid that is taken', async () => {
      const { stores } = await engine.open();
      const signal = aFallbackSignal();
      await stores.signals.insert(signal);
      const clash = stores.signals.insert({ ...signal, candleOpenTime: START_MS + HOUR_MS });
      await expect(clash).rejects.toThrow(RejectedError);
    });

    it('name the newest one: of the newest candle, made last', async () => {
      const { stores } = await engine.open();
      expect(await stores.signals.latest(KEY)).toBeUndefined();
      const old = aFallbackSignal({ candleOpenTime: START_MS - HOUR_MS, signaledAt: START_MS * 2 });
      const first = aFallbackSignal({ signaledAt: START_MS });
      const promoted = aModelSignal({ signaledAt: START_MS + 5, supersedesUid: first.uid });
      const others = aFallbackSignal({ symbol: 'ETH/USDT', candleOpenTime: START_MS + HOUR_MS });
      for (const signal of [promoted, first, old, others]) await stores.signals.insert(signal);
      expect((await stores.signals.latest(KEY))?.uid).toBe(promoted.uid);
    });

    it('are listed by every filter with a total over all pages', async () => {
      const { stores } = await engine.open();
      for (let index = 0; index < 5; index++) {
        const candleOpenTime = START_MS + index * HOUR_MS;
        await stores.signals.insert(aFallbackSignal({ candleOpenTime }));
        await stores.signals.insert(aModelSignal({ candleOpenTime, symbol: 'ETH/USDT' }));
      }
      const total = async (filter: Parameters<typeof stores.signals.list>[0]): Promise<number> =>
        (await stores.signals.list(filter, PAGE)).total;
      expect(await total({})).toBe(10);
      expect(await total({ symbol: 'ETH/USDT', source: 'model' })).toBe(5);
      expect(await total({ prediction: 'SELL', venue: 'binance', bot: 'catboost' })).toBe(5);
      expect(await total({ source: 'fallback', prediction: 'BUY' })).toBe(0);
      expect(await total({ from: START_MS + HOUR_MS, to: START_MS + 2 * HOUR_MS })).toBe(4);
      const page = await stores.signals.list({ source: 'model' }, { limit: 2, offset: 2 });
      const hours = page.rows.map((row) => (row.candleOpenTime - START_MS) / HOUR_MS);
      expect([page.total, hours]).toEqual([5, [2, 1]]);
    });

    it('take their outcome once and leave the unresolved', async () => {
      const { stores } = await engine.open();
      const signals = [0, 1, 2].map((index) =>
        aModelSignal({ candleOpenTime: START_MS + index * HOUR_MS }),
      );
      for (const signal of signals) await stores.signals.insert(signal);
      const before = START_MS + 2 * HOUR_MS;
      const due = await stores.signals.listUnresolved(KEY, before, 10);
      expect(due.map(({ uid }) => uid)).toEqual(signals.slice(0, 2).map(({ uid }) => uid));
      expect(await stores.signals.listUnresolved(KEY, before, 1)).toHaveLength(1);
      const outcome = {
        signalUid: due[0]?.uid ?? '',
        outcomeReturn: -0.0123,
        outcomeClass: 'SELL' as const,
        resolvedAt: START_MS + 9 * HOUR_MS,
      };
      await stores.signals.resolve([outcome]);
      await stores.signals.resolve([{ ...outcome, outcomeReturn: 9 }]);
      expect((await stores.signals.find(outcome.signalUid))?.outcome).toEqual(outcome);
      expect(await stores.signals.listUnresolved(KEY, before, 10)).toHaveLength(1);
    });

    it('list the resolved ones of a model, newest first', async () => {
      const { stores } = await engine.open();
      const modelUid = ulid();
      for (const index of [0, 1, 2]) {
        const candleOpenTime = START_MS + index * HOUR_MS;
        const { signal } = await stores.signals.insert(aModelSignal({ modelUid, candleOpenTime }));
        const outcome = { outcomeReturn: 0, outcomeClass: 'HOLD' as const, resolvedAt: START_MS };
        if (index < 2) await stores.signals.resolve([{ signalUid: signal.uid, ...outcome }]);
      }
      await stores.signals.insert(aFallbackSignal());
      const resolved = await stores.signals.listResolved(KEY, { modelUid, limit: 10 });
      expect(resolved.map((row) => (row.candleOpenTime - START_MS) / HOUR_MS)).toEqual([1, 0]);
      expect(await stores.signals.listResolved(KEY, { modelUid: ulid(), limit: 10 })).toEqual([]);
    });
  });

  describe('decisions', () => {
    it('are made once for each signal', async () => {
      const { stores } = await engine.open({ clock: fixedClock(9_000) });
      const decision = aDecision({ isAdvisory: true, positionUid: ulid(), action: 'open' });
      const first = await stores.decisions.insert(decision);
      expect(first).toMatchObject({
        status: 'inserted',
        decision: { ...decision, createdAt: 9_000 },
      });
      const other = aDecision({ signalUid: decision.signalUid, action: 'close' });
      const second = await stores.decisions.insert(other);
      expect(second).toEqual({ status: 'exists', decision: first.decision });
      expect(await stores.decisions.findBySignal(decision.signalUid)).toEqual(first.decision);
    });

    it('name the last one, the last decided candle, and lists by filter', async () => {
      const { stores } = await engine.open();
      expect(await stores.decisions.lastDecidedOpenTime(KEY)).toBeUndefined();
      const newest = aDecision({ candleOpenTime: START_MS + HOUR_MS, decidedAt: START_MS + 7 });
      const earlier = aDecision({ candleOpenTime: START_MS + HOUR_MS, decidedAt: START_MS + 6 });
      const advisory = aDecision({ isAdvisory: true, action: 'keep' });
      for (const decision of [newest, earlier, advisory]) await stores.decisions.insert(decision);
      expect((await stores.decisions.latest(KEY))?.uid).toBe(newest.uid);
      expect(await stores.decisions.lastDecidedOpenTime(KEY)).toBe(START_MS + HOUR_MS);
      const listed = await stores.decisions.list({ isAdvisory: true, action: 'keep' }, PAGE);
      expect(listed.rows.map(({ uid }) => uid)).toEqual([advisory.uid]);
      expect((await stores.decisions.list({ isAdvisory: false }, PAGE)).total).toBe(2);
    });

    it('keep a reason of any length and script', async () => {
      const { stores } = await engine.open();
      const reason = `fallback not executed – ${'Grund 理由 🙂 '.repeat(2_000)}`;
      const { decision } = await stores.decisions.insert(aDecision({ reason }));
      expect(decision.reason).toBe(reason);
    });
  });
});
