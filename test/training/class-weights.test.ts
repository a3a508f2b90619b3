import { afterEach, describe, expect, it } from 'vitest';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';

/** So strong a rise that two thirds of the four-bar returns are above 0 and few below. */
const DRIFT = 0.006;

function risingCandles() {
  const flat = plantedCandles({ bars: 1700, lastOpenTime: LAST_OPEN_TIME, seed: 4, momentum: 0 });
  return flat.map((candle, bar) => {
    const [before, after] = [Math.exp(DRIFT * bar), Math.exp(DRIFT * (bar + 1))];
    const [open, close] = [candle.open * before, candle.close * after];
    return {
      ...candle,
      open,
      close,
      high: Math.max(open, close) * 1.001,
      low: Math.min(open, close) / 1.001,
    };
  });
}

describe.skipIf(!HAS_PYTHON)('classes that are rare (needs npm run setup)', () => {
  let context: TrainingContext;
  afterEach(() => context.close());

  const train = async (classWeights: 'auto' | 'off'): Promise<ModelRecord | undefined> => {
    context = await createTrainingContext(undefined, { classWeights });
    await context.store(risingCandles());
    const service = context.service();
    await service.start();
    await service.planDue();
    await context.untilEnded();
    await service.stop();
    const [record] = await context.stores.models.listVersions(KEY);
    return record;
  };

  it('are weighted, and the weights are divided out before the model is judged', async () => {
    const record = await train('auto');
    const [sell, hold, buy] = record?.classDistribution ?? [0, 0, 0];
    expect(sell / (sell + hold + buy)).toBeLessThan(0.25);
    expect(record?.classWeights?.[0]).toBeGreaterThan(1);
    expect(record?.thresholds?.sell).toBe(0);
    expect(record?.config['adjustedThresholds']).toEqual(['sell']);
    // Left in, weights of 2 to 1 would cost about 0.1 nat against the unweighted prior.
    expect(record?.testScore?.skill.estimate).toBeGreaterThan(-0.04);
  });

  it('are not weighted with CLASS_WEIGHTS=off', async () => {
    expect((await train('off'))?.classWeights).toBeUndefined();
  });
});
