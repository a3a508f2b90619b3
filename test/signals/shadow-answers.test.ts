import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toColumns } from '../../src/domain/candle-columns.js';
import type { ShadowModel } from '../../src/domain/shadow-model.js';
import { SystemClock } from '../../src/lib/clock.js';
import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { unavailable, type PredictionOutcome } from '../../src/models/predictor-protocol.js';
import { ShadowAnswers } from '../../src/signals/shadow-answers.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { buildModelRecord, writeModelFolder } from '../models/model-folder.js';
import { candles, KEY, START_MS } from '../storage/rows.js';
import { until } from '../training/holding-trainer.js';

const SAID: PredictionOutcome = {
  ...{ status: 'predicted', probabilities: [0.2, 0.5, 0.3], expectedReturn: 0.001 },
  ...{ latencyUs: 7, featureHash: 'f' },
};

/** Waits no second for others to go first. */
class QuickClock extends SystemClock {
  override sleep(): Promise<void> {
    return Promise.resolve();
  }
}

describe('shadow answers', () => {
  let opened: TestDatabase;
  let modelsDir: string;
  let answers: ShadowAnswers;
  let said: PredictionOutcome;
  let asked: number;
  beforeEach(async () => {
    opened = await openTestDatabase();
    modelsDir = mkdtempSync(path.join(tmpdir(), 'evenkeel-shadow-'));
    [said, asked] = [SAID, 0];
    answers = new ShadowAnswers({
      ...{ shadows: opened.stores.shadows, modelsDir, maxFileBytes: 1e6 },
      ...{ clock: new QuickClock(), logger: SILENT_LOGGER },
      bars: {
        columnsUpTo: () =>
          Promise.resolve(
            toColumns(candles(5), {
              timeframe: '1h',
              firstBarIndex: undefined,
              isKnownGap: () => true,
            }),
          ),
      },
      predictor: {
        predict: () => {
          asked++;
          return Promise.resolve(said);
        },
      },
    });
  });
  afterEach(async () => {
    await answers.stop();
    await opened.database.close();
    rmSync(modelsDir, { recursive: true, force: true });
  });

  const insert = async (changes: Partial<ShadowModel> = {}): Promise<ShadowModel> => {
    const { modelPath, manifestSha256 } = await writeModelFolder({ modelsDir });
    const files = { modelPath, manifestSha256 };
    const shadow: ShadowModel = {
      ...{ ...KEY, uid: 'shadow-1', experimentUid: 'e', variant: 'deep', trialUid: 't' },
      ...{ status: 'answering', reason: undefined, createdAt: START_MS, endedAt: undefined },
      record: buildModelRecord({ ...KEY, ...files, stage: 'candidate' }),
      ...files,
      ...changes,
    };
    await opened.stores.shadows.insert(shadow);
    return shadow;
  };
  const find = () => opened.stores.shadows.find('shadow-1');
  const list = () => opened.stores.shadows.listAnswers('shadow-1', 10);
  const ask = (candleOpenTime: number) => answers.onSignal({ ...KEY, candleOpenTime });

  it('are stored once for each candle that has a signal', async () => {
    await insert();
    ask(START_MS);
    ask(START_MS + 3_600_000);
    // A promotion gives the candle a second signal.
    ask(START_MS + 3_600_000);
    await until(() => asked === 3);
    await answers.stop();
    expect(await list()).toMatchObject([
      { candleOpenTime: START_MS + 3_600_000 },
      { candleOpenTime: START_MS, probabilities: [0.2, 0.5, 0.3], expectedReturn: 0.001 },
    ]);
    expect(await find()).toMatchObject({ status: 'answering', reason: undefined });
  });

  it('are not asked of a shadow that is of another key or has ended', async () => {
    await insert({ status: 'removed' });
    ask(START_MS);
    answers.onSignal({ ...KEY, symbol: 'ETH/USDT', candleOpenTime: START_MS });
    await answers.stop();
    expect(asked).toBe(0);
  });

  it('that cannot be given leave the reason, until one is given again', async () => {
    await insert();
    said = unavailable('novel', '9 % of its features out of range');
    ask(START_MS);
    await until(async () => (await find())?.reason !== undefined);
    expect((await find())?.reason).toBe('novel: 9 % of its features out of range');
    said = SAID;
    ask(START_MS + 3_600_000);
    await until(async () => (await list()).length === 1);
    await until(async () => (await find())?.reason === undefined);
  });

  it('say what is wrong with files that are gone', async () => {
    await insert();
    await rm(modelsDir, { recursive: true, force: true });
    ask(START_MS);
    await until(async () => (await find())?.reason !== undefined);
    expect((await find())?.reason).toContain('cannot be opened');
    expect(await list()).toEqual([]);
  });
});
