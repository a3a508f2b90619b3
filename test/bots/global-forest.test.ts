import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importFile } from '../../src/collection/files/import-file.js';
import { parseNamePattern } from '../../src/collection/files/name-pattern.js';
import { GLOBAL_SYMBOL } from '../../src/domain/bots.js';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { assertDefined } from '../../src/lib/invariant.js';
import { Predictor } from '../../src/models/predictor.js';
import { ServingModels } from '../../src/models/serving-models.js';
import { loadColumns } from '../../src/storage/reader/load-columns.js';
import { openReader } from '../../src/storage/reader/open-reader.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { plantedCandles } from '../training/planted-candles.js';
import {
  createTrainingContext,
  START_MS,
  VENUE,
  type TrainingContext,
} from '../training/training-context.js';
import { recordingLogger } from '../training/recording-logger.js';
import { generatedItems } from './generated-items.js';

const ITEMS = 2_000;
const DAY_MS = 86_400_000;
const KEY: ModelKey = {
  ...{ venue: 'csv:collectibles', symbol: GLOBAL_SYMBOL, timeframe: '1d', bot: 'random_forest' },
};

describe.skipIf(!HAS_PYTHON)('a forest over 2,000 items of a file (needs npm run setup)', () => {
  let context: TrainingContext;
  let record: ModelRecord;
  let names: readonly string[];

  beforeAll(async () => {
    context = await createTrainingContext(undefined, { bots: ['random_forest'], symbols: [] });
    const file = path.join(context.folder, 'items.csv');
    await writeFile(file, generatedItems({ items: ITEMS, days: 40, lastDayMs: START_MS - DAY_MS }));
    const report = await importFile(
      {
        ...{ file, name: 'collectibles', symbol: undefined, timeframe: '1d', attributes: {} },
        ...{ parseName: parseNamePattern('{type} | {variant} No. {serial} ({condition})') },
        isDryRun: false,
      },
      context,
    );
    expect(report).toMatchObject({ items: ITEMS, rejected: [], unparsed: [], merged: 0 });
    names = (await context.stores.series.list(KEY)).map(({ symbol }) => symbol);
    const service = context.service();
    await service.start();
    await service.planDue();
    await context.untilEnded(KEY);
    await service.stop();
    record = assertDefined(await context.stores.models.findServing(KEY), 'serving model');
  }, 240_000);

  afterAll(() => context.close());

  it('is one model with one record, of 22 features, better than persistence', () => {
    expect(names).toHaveLength(ITEMS);
    expect(record.features).toHaveLength(22);
    expect(record.features.slice(16)).toEqual(
      ['condition', 'edition', 'origin', 'rarity', 'type', 'variant'].map(
        (name) => `attribute_${name}`,
      ),
    );
    expect(record.config).toMatchObject({ items: ITEMS, treeCount: 100 });
    expect(record.horizonBars).toBe(7);
    const { rmse, persistenceRmse } = assertDefined(record.testScore?.regression, 'score');
    expect(rmse).toBeLessThan(persistenceRmse);
    expect(record.verdict?.reason).toContain('not worse than persistence');
    expect(record.modelSizeMb).toBeLessThan(10);
  });

  it('judges all items after one cut in time, clear of the week before it', () => {
    const { split, judgedWindow } = record.config as {
      split: { train: { to: number }; test: { from: number; to: number } };
      judgedWindow: { to: number };
    };
    const testRows = split.test.to - split.test.from;
    expect(testRows / record.dataPointsUsed).toBeGreaterThan(0.15);
    expect(testRows / record.dataPointsUsed).toBeLessThan(0.25);
    expect(split.test.from).toBeGreaterThan(split.train.to);
    expect(judgedWindow.to).toBeLessThan(START_MS);
  });

  it('predicts every item through the predictor: higher returns for items that rise', async () => {
    const { stores, clock } = context;
    const logger = recordingLogger([]);
    const serving = new ServingModels({
      ...{ models: stores.models, cooldowns: stores.cooldowns, clock, logger },
      itemAttributes: stores.itemAttributes,
      ...{
        modelsDir: context.options.modelsDir,
        ageLimits: { modelStaleHours: 24, modelMaxAgeHours: 168 },
        maxFileBytes: 20_000_000,
      },
    });
    const predictor = new Predictor({ clock, logger });
    predictor.start();
    const reader = await openReader(context.location);
    const expectOf = async (type: string): Promise<number> => {
      const symbol = assertDefined(
        names.find((name) => name.startsWith(type)),
        type,
      );
      const choice = await serving.find({ ...KEY, symbol });
      if (choice.status === 'untrusted') throw new Error(choice.detail);
      const { id } = assertDefined(await stores.series.find({ ...KEY, symbol }), symbol);
      const series = await loadColumns(reader, id, {});
      const candleOpenTime = assertDefined((await stores.candles.range(id))?.last, 'last');
      const { model } = choice;
      const said = await predictor.predict({ model, series, reference: undefined, candleOpenTime });
      if (said.status === 'unavailable') throw new Error(said.detail);
      return said.expectedReturn;
    };
    try {
      expect(await expectOf('card')).toBeGreaterThan((await expectOf('stamp')) + 0.01);
    } finally {
      await reader.close();
      await predictor.stop();
    }
  });

  it('is due again by stored state, and not while it is fresh', async () => {
    const service = context.service();
    await service.start();
    const verdicts = await service.planDue();
    expect(verdicts.map(({ key }) => key.venue)).toContain(KEY.venue);
    expect(await context.stores.jobs.findOpen(KEY)).toBeUndefined();
  });
});

describe.skipIf(!HAS_PYTHON)('a forest over a market (needs npm run setup)', () => {
  it('learns from the daily entries of all symbols of the venue and predicts each of them', async () => {
    const symbols = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'];
    const context = await createTrainingContext(undefined, {
      ...{ bots: ['random_forest'], symbols, promotionGate: 'parity', historyDays: 200 },
    });
    try {
      const bars = 230 * 24;
      for (const [seed, symbol] of symbols.entries()) {
        const lastOpenTime = START_MS - 3_600_000;
        await context.store(plantedCandles({ bars, lastOpenTime, seed, momentum: 0 }), symbol);
      }
      const service = context.service();
      await service.start();
      await service.planDue();
      const key: ModelKey = { ...KEY, venue: VENUE, timeframe: '1h' };
      expect(await context.untilEnded(key)).toMatchObject({ status: 'completed' });
      const record = await context.stores.models.findServing(key);
      expect(record).toMatchObject({ symbol: GLOBAL_SYMBOL, horizonBars: 168 });
      // About 193 days with a label, of three symbols.
      expect(record?.dataPointsUsed).toBeGreaterThan(500);
      expect(record?.dataPointsUsed).toBeLessThan(600);
    } finally {
      await context.close();
    }
  });
});
