import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CANDIDATE_FEATURES } from '../../src/features/catalogue.js';
import { openServingModel } from '../../src/models/serving-model.js';
import { DEFAULT_CATBOOST_PARAMS } from '../../src/training/options/bot-params.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  START_MS,
  type TrainingContext,
} from './training-context.js';

const ETH = { ...KEY, symbol: 'ETH/USDT' };
const FULL = {
  candidateFeatures: undefined,
  catboost: DEFAULT_CATBOOST_PARAMS,
  referenceSymbol: 'BTC/USDT',
  symbols: ['ETH/USDT', 'BTC/USDT'],
  historyDays: 80,
} as const;

describe.skipIf(!HAS_PYTHON)('training with default settings (needs npm run setup)', () => {
  let context: TrainingContext;
  afterEach(() => context.close());

  it(
    'takes all features, the reference, elimination and its reuse to models that can be served',
    { timeout: 180_000 },
    async () => {
      context = await createTrainingContext(undefined, FULL);
      const { stores, options, log, clock } = context;
      const planted = { bars: 2600, lastOpenTime: LAST_OPEN_TIME, momentum: 0.7 };
      await context.store(plantedCandles({ ...planted, seed: 1 }));
      await context.store(plantedCandles({ ...planted, seed: 2 }), 'ETH/USDT');
      const service = context.service();
      await service.start();
      await service.planDue();
      expect(await context.untilEnded(KEY)).toMatchObject({ status: 'completed' });
      expect(await context.untilEnded(ETH)).toMatchObject({ status: 'completed' });

      const [first, second] = log.filter(({ message }) => message.includes('Preparing'));
      expect([first?.fields['symbol'], second?.fields['symbol']]).toEqual(['BTC/USDT', 'ETH/USDT']);
      const texts = log.map(({ message }) => message);
      expect(texts).toContain(`[TRAIN] Raw features: ${CANDIDATE_FEATURES.length}, samples: 1920`);
      expect(texts).toContain('[TRAIN] Samples after dropna: 1916 (dropped 4)');
      expect(
        texts.some((text) =>
          /^\[TRAIN\] Class distribution - SELL: \d+, HOLD: \d+, BUY: \d+$/.test(text),
        ),
      ).toBe(true);
      expect(
        texts.some((text) =>
          /^\[TRAIN\] Final dataset: 1916 samples with \d+ features$/.test(text),
        ),
      ).toBe(true);

      const record = await stores.models.findServing(ETH);
      if (record === undefined) throw new Error('No model serves');
      expect(record).toMatchObject({
        ...{ referenceSymbol: 'BTC/USDT', horizonBars: 4, trainingPeriod: '80d' },
        ...{ dataPointsUsed: 1916, dataEnd: START_MS, selectedAt: START_MS },
      });
      expect(record.features).toHaveLength(120);
      expect(record.config).toMatchObject({ selectedBy: 'rfe', seed: 42 });
      expect(record.config['parity']).toMatchObject({
        judged: { classFlips: 0 },
        served: { classFlips: 0 },
      });
      const request = { record, modelsDir: options.modelsDir, maxFileBytes: 20e6 };
      expect((await openServingModel(request)).specification.features).toEqual(record.features);
      const manifest = path.join(options.modelsDir, record.modelPath ?? '', 'manifest.json');
      expect(JSON.parse(readFileSync(manifest, 'utf8'))).toMatchObject({
        model: { symbol: 'ETH/USDT', reference_symbol: 'BTC/USDT', horizon_bars: 4 },
      });

      await service.sessions.request({ keys: [ETH], kind: 'manual' });
      expect(await context.untilEnded(ETH)).toMatchObject({
        status: 'completed',
        cause: 'requested',
      });
      const again = await stores.models.latest(ETH);
      expect(again?.config).toMatchObject({ selection: { method: 'reuse' }, selectedBy: 'rfe' });
      expect(again?.features).toEqual(record.features);
      expect(clock.wallMs()).toBe(START_MS);
    },
  );
});
