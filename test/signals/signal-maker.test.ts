import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RejectedError } from '../../src/lib/errors.js';
import { fallbackDirection } from '../../src/signals/fallback-signal.js';
import { SignalMaker } from '../../src/signals/signal-maker.js';
import { forEachEngine } from '../database.js';
import { walkCandles, walkColumns } from '../models/candle-walk.js';
import { TINY_FEATURES } from '../models/model-folder.js';
import { buildSignalRig, KEY, timeOf, type SignalRig } from './build-signals.js';

const NEWEST = 799;
const candles = walkCandles({ bars: NEWEST + 1 });
const page = { limit: 100, offset: 0 };

forEachEngine((engine) => {
  let rig: SignalRig;

  beforeEach(async () => {
    rig = await buildSignalRig({ engine, newestBar: NEWEST });
    await rig.storeCandles(candles);
  });

  afterEach(() => rig.stop());

  const make = (cause: 'closed' | 'start' | 'promotion' = 'closed', bar = NEWEST) =>
    rig.maker.makeSignal({ key: KEY, candleOpenTime: timeOf(bar), cause });

  const stored = async () => (await rig.stores.signals.list(KEY, page)).rows;

  describe('without a model', () => {
    it('the fallback signals and says why', async () => {
      const { isNew, signal } = await make();
      expect(isNew).toBe(true);
      const expected = fallbackDirection(walkColumns({ bars: NEWEST + 1 }));
      expect(signal).toMatchObject({
        ...KEY,
        ...expected,
        source: 'fallback',
        fallbackReason: 'untrained',
        candleOpenTime: timeOf(NEWEST),
        close: candles[NEWEST]?.close,
        signaledAt: rig.clock.marketMs(),
        supersedesUid: undefined,
      });
      expect(await stored()).toEqual([signal]);
      expect(rig.warnings.count(KEY)).toBe(1);
    });

    it('under 50 bars it holds for insufficient history', async () => {
      const { signal } = await make('closed', 30);
      expect(signal).toMatchObject({ prediction: 'HOLD', indicators: undefined, confidence: 0 });
    });
  });

  describe('with a trusted model', () => {
    it('its prediction and the signal are stored together', async () => {
      const modelUid = await rig.promote('model-1');
      const { isNew, signal } = await make();
      if (signal.source !== 'model') throw new Error(signal.fallbackReason);
      expect(isNew).toBe(true);
      const prediction = await rig.stores.predictions.find({
        ...{ modelUid, symbol: KEY.symbol, candleOpenTime: timeOf(NEWEST) },
      });
      expect(prediction).toMatchObject({
        uid: signal.predictionUid,
        modelUid,
        probabilities: signal.probabilities,
        expectedReturn: signal.expectedMove,
      });
      const [sell, hold, buy] = signal.probabilities;
      expect(sell + hold + buy).toBeCloseTo(1, 12);
      expect(signal.confidence).toBe(100 * Math.max(sell, hold, buy));
      expect(signal.expectedMove).toBeCloseTo(-0.01 * sell + 0.0005 * hold + 0.012 * buy, 12);
      expect(rig.warnings.total).toBe(0);
    });

    it('a missing reference candle gives features_missing', async () => {
      const features = [...TINY_FEATURES.slice(0, 7), 'reference_return_1'];
      await rig.promote('model-1', { features, referenceSymbol: 'ETH/USDT' });
      await rig.storeCandles(walkCandles({ bars: NEWEST, seed: 2 }), 'ETH/USDT');
      expect((await make()).signal).toMatchObject({ fallbackReason: 'features_missing' });
      expect(rig.logger.messages('warn')).toEqual(['Features are missing']);
    });

    it("the reference's candle serves once it is there", async () => {
      const features = [...TINY_FEATURES.slice(0, 7), 'reference_return_1'];
      await rig.promote('model-1', { features, referenceSymbol: 'ETH/USDT' });
      await rig.storeCandles(walkCandles({ bars: NEWEST + 1, seed: 2 }), 'ETH/USDT');
      expect((await make()).signal.source).toBe('model');
    });

    it('a damaged file gives inference_error now and on the next candle, logged once', async () => {
      await rig.promote('model-1');
      const choice = await rig.servingModels.find(KEY);
      if (choice.status !== 'trusted') throw new Error(choice.detail);
      await rm(path.dirname(choice.model.specification.onnx.path), { recursive: true });
      expect((await make('closed', NEWEST - 1)).signal).toMatchObject({
        fallbackReason: 'inference_error',
      });
      expect((await make()).signal).toMatchObject({ fallbackReason: 'inference_error' });
      expect(rig.logger.messages('error')).toHaveLength(1);
      expect(rig.servingModels.findDamage(choice.model.record)).toContain('model.onnx');
    });
  });

  describe('a candle has one signal', () => {
    it('however often it is asked for', async () => {
      const first = await make();
      for (const cause of ['closed', 'start', 'promotion'] as const) {
        expect(await make(cause)).toEqual({ signal: first.signal, isNew: false });
      }
      expect(await stored()).toHaveLength(1);
    });

    it('however many ask at once', async () => {
      await rig.promote('model-1');
      const made = await Promise.all(Array.from({ length: 8 }, () => make()));
      expect(made.filter(({ isNew }) => isNew)).toHaveLength(1);
      expect(new Set(made.map(({ signal }) => signal.uid)).size).toBe(1);
      expect(await stored()).toHaveLength(1);
    });

    it('and another after a promotion, which supersedes it', async () => {
      const { signal: fallback } = await make();
      await rig.promote('model-1');
      expect(await make('closed')).toEqual({ signal: fallback, isNew: false });
      const { isNew, signal: first } = await make('promotion');
      expect(isNew).toBe(true);
      expect(first).toMatchObject({ source: 'model', supersedesUid: fallback.uid });
      await rig.promote('model-2', { model: 'b' });
      const { signal: second } = await make('promotion');
      expect(second).toMatchObject({ modelUid: 'model-2', supersedesUid: first.uid });
      expect(await make('start')).toEqual({ signal: second, isNew: false });
      expect(await stored()).toHaveLength(3);
    });

    it('also where the promoted model cannot predict it', async () => {
      const { signal: fallback } = await make();
      const features = [...TINY_FEATURES.slice(0, 7), 'reference_return_1'];
      await rig.promote('model-1', { features, referenceSymbol: 'ETH/USDT' });
      expect(await make('promotion')).toEqual({ signal: fallback, isNew: false });
    });
  });

  describe('what is not stored', () => {
    it('a candle: refused by name', async () => {
      const missing = make('closed', NEWEST + 1);
      await expect(missing).rejects.toBeInstanceOf(RejectedError);
      await expect(missing).rejects.toThrow(/No candle of demo:test:1 BTC\/USDT 1h catboost/);
      expect(await stored()).toEqual([]);
    });

    it('a signal whose transaction fails leaves no prediction behind', async () => {
      await rig.promote('model-1');
      const { bars, clock, predictor, servingModels, stores, warnings } = rig;
      const broken = new SignalMaker({
        ...{ bars, clock, predictor, servingModels, warnings },
        stores: {
          signals: stores.signals,
          transaction: (work) =>
            stores.transaction(async (within) => {
              await work(within);
              throw new RejectedError('the disk is full');
            }),
        },
      });
      const request = { key: KEY, candleOpenTime: timeOf(NEWEST), cause: 'closed' } as const;
      await expect(broken.makeSignal(request)).rejects.toThrow('the disk is full');
      expect(
        await stores.predictions.find({
          ...KEY,
          modelUid: 'model-1',
          candleOpenTime: timeOf(NEWEST),
        }),
      ).toBeUndefined();
      expect(await stored()).toEqual([]);
      expect((await make()).isNew).toBe(true);
    });
  });
});
