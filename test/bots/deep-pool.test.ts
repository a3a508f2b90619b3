import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { assertDefined } from '../../src/lib/invariant.js';
import type { TrainingService } from '../../src/training/training-service.js';
import { hasTorch } from '../trainer/real-trainer.js';
import { filesBelow } from '../training/files-below.js';
import { storeMarkets } from '../training/planted-markets.js';
import {
  createTrainingContext,
  HOUR_MS,
  KEY,
  LAST_OPEN_TIME,
  VENUE,
  type TrainingContext,
} from '../training/training-context.js';

const BOT = 'lstm';
const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'];
const KEYS: readonly ModelKey[] = SYMBOLS.map((symbol) => ({ ...KEY, symbol, bot: BOT }));
const LIMIT_MS = 600_000;
const INCREMENTAL_EPOCHS = 2;

describe.skipIf(!hasTorch())(
  'a pool of networks in a session (needs npm run setup -- --with torch)',
  () => {
    let context: TrainingContext;
    let service: TrainingService;
    let records: readonly ModelRecord[];

    const train = async (
      kind: 'full' | 'incremental' | 'manual',
      keys = KEYS,
    ): Promise<readonly ModelRecord[]> => {
      await service.sessions.request({ keys, kind });
      const trained: ModelRecord[] = [];
      for (const key of keys) {
        const job = await context.untilEnded(key);
        expect(job).toMatchObject({ status: 'completed', errorMessage: undefined });
        trained.push(await context.stores.models.get(job.modelUid ?? ''));
      }
      return trained;
    };

    const baseModels = () =>
      context.stores.baseModels.list(
        { venue: VENUE, timeframe: '1h', bot: BOT },
        { status: 'ready', limit: 9 },
      );

    beforeAll(async () => {
      context = await createTrainingContext(undefined, {
        ...{ bots: [BOT], symbols: SYMBOLS, referenceSymbol: KEY.symbol, promotionGate: 'parity' },
        deep: { epochs: 20, incrementalEpochs: INCREMENTAL_EPOCHS, device: 'cpu' },
      });
      await storeMarkets(context, SYMBOLS);
      service = context.service();
      await service.start();
      records = await train('full');
    }, LIMIT_MS);

    afterAll(() => context.close());

    it('fits one network on all instruments, on which each instrument is a residual', async () => {
      const [baseModel, ...others] = await baseModels();
      expect(others).toEqual([]);
      expect(baseModel).toMatchObject({ status: 'ready', members: SYMBOLS, attempt: 1 });
      expect(baseModel?.config).toMatchObject({
        libraryVersions: { torch: expect.any(String) as string },
      });
      expect(Number(baseModel?.config['peakRssMb'])).toBeLessThan(400);
      for (const record of records) {
        expect(record).toMatchObject({ stage: 'serving', parentUid: baseModel?.uid });
        expect(record.features).toEqual(baseModel?.features);
        expect(record.config['pooling']).toMatchObject({ status: 'residual', instruments: 3 });
        expect(record.epochs).toBeGreaterThanOrEqual(0);
      }
      expect(baseModel?.cutAt).toBeLessThan(assertDefined(records[0]?.dataEnd, 'dataEnd'));
      expect(filesBelow(context.options.workDir)).toEqual([]);
    });

    it('is the base of a single instrument that is trained later', async () => {
      await context.clock.advance(2 * HOUR_MS);
      const [again] = await train('manual', KEYS.slice(1, 2));
      expect(again?.uid).not.toBe(records[1]?.uid);
      expect(again?.parentUid).toBe(records[1]?.parentUid);
    }, 300_000);

    it('is continued by increments, which continue the whole network', async () => {
      const hours = 60;
      await context.clock.jump((hours - 2) * HOUR_MS);
      await storeMarkets(context, SYMBOLS, { lastOpenTime: LAST_OPEN_TIME + hours * HOUR_MS });
      const [parent] = records;
      const [child] = await train('incremental', KEYS.slice(0, 1));
      expect(child).toMatchObject({
        ...{ parentUid: parent?.uid, epochs: INCREMENTAL_EPOCHS, features: parent?.features },
      });
      expect(child?.config).toMatchObject({ mode: 'incremental', increments: 1 });
    }, 300_000);
  },
);
