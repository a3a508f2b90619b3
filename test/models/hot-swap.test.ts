import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, get as httpGet } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prediction } from '../../src/api/contract/predictions.js';
import { ModelRegistry } from '../../src/models/model-registry.js';
import { PredictionCache } from '../../src/models/prediction-cache.js';
import { PredictionFile } from '../../src/models/prediction-file.js';
import { swapModel, type SwapParts } from '../../src/models/swap-model.js';
import { LatestPredictions } from '../../src/signals/latest-predictions.js';
import { buildApi, type ApiRig } from '../api/api-rig.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { buildSignalRig, KEY, type SignalRig } from '../signals/build-signals.js';
import { walkCandles } from './candle-walk.js';
import { buildModelRecord, writeModelFolder } from './model-folder.js';

const NEWEST = 799;
const A_SECOND = 200;
const MAX_UNDER_WAY = 50;
const SECONDS = process.env['EVENKEEL_TEST_LONG'] === 'true' ? 120 : 3;

let folder: string;
let opened: TestDatabase;
let signalRig: SignalRig;
let cache: PredictionCache;
let rig: ApiRig;
let registry: ModelRegistry;
let agent: Agent;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-swap-'));
  const location = { engine: 'sqlite', file: ':memory:' } as const;
  const open = async (options?: Parameters<typeof openTestDatabase>[0]): Promise<TestDatabase> =>
    (opened = await openTestDatabase(options));
  const engine = { name: 'sqlite', open, location: () => location } as const;
  signalRig = await buildSignalRig({ engine, newestBar: NEWEST });
  await signalRig.storeCandles(walkCandles({ bars: NEWEST + 1 }));
  const { bars, clock, logger, predictor, servingModels, stores } = signalRig;
  const file = new PredictionFile({ file: path.join(folder, 'predictions'), logger });
  cache = new PredictionCache({ file, clock, ttlHours: 1, maxEntries: 100 });
  await cache.start();
  const latest = new LatestPredictions({
    ...{ cache, bars, clock, predictor, servingModels, stores, lagMs: () => 1_800_000 },
  });
  registry = new ModelRegistry({
    ...{ stores, modelsDir: signalRig.modelsDir, maxFileBytes: 20_000_000, clock, logger },
    prepare: (model) => predictor.prepare(model),
    onCleared: async () => undefined,
    onServing: (record) => swapModel(record, swapParts()),
  });
  rig = await buildApi({
    stores,
    predictions: {
      find: (key) => latest.find(key),
      top: (_, limit) => latest.top([KEY], limit),
      clear: () => cache.drop(() => true),
    },
  });
  await rig.server.listen({ host: '127.0.0.1', port: 0 });
  agent = new Agent({ keepAlive: true, maxSockets: MAX_UNDER_WAY });
});

afterEach(async () => {
  agent.destroy();
  await rig.server.close();
  await cache.stop();
  await signalRig.stop();
  await opened.database.close();
  await rm(folder, { recursive: true, force: true });
});

const swapParts = (): SwapParts => ({
  ...{ servingModels: signalRig.servingModels, predictor: signalRig.predictor, cache },
});

/** What a training leaves: files, a record, a promotion, and the swap. */
async function promote(uid: string, model: 'a' | 'b'): Promise<void> {
  const { models } = signalRig.stores;
  const { manifestSha256, modelPath } = await writeModelFolder({
    ...{ modelsDir: signalRig.modelsDir, modelPath: uid, model },
  });
  const trainedAt = signalRig.clock.marketMs();
  await models.insert(
    buildModelRecord({ uid, manifestSha256, modelPath, stage: 'candidate', trainedAt }),
  );
  await models.promote(uid);
  await swapModel(await models.get(uid), swapParts());
}

/** What a request got; undefined where it failed. */
function ask(): Promise<{ readonly status: number | undefined; readonly text: string }> {
  const { port } = rig.server.server.address() as AddressInfo;
  const url = `/api/predictions/BTCUSDT?venue=${encodeURIComponent(KEY.venue)}`;
  return new Promise((resolve, reject) => {
    const request = httpGet({ host: '127.0.0.1', port, path: url, agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode, text }));
      answer.on('error', reject);
    });
    request.on('error', reject);
  });
}

describe('200 requests a second', () => {
  it(
    'all get a prediction while models are promoted, rolled back and forgotten',
    async () => {
      await promote('model-0', 'a');
      let isOver = false;
      const swaps = { promotions: 0, rollbacks: 0, clearings: 0 };
      const swapping = (async () => {
        for (let turn = 1; !isOver; turn++) {
          if (turn % 3 === 0) {
            const answer = await registry.rollback(KEY);
            expect(answer.status).toBe('done');
            swaps.rollbacks++;
          } else {
            await promote(`model-${turn}`, turn % 2 === 0 ? 'a' : 'b');
            swaps.promotions++;
          }
          if (turn % 4 === 0) swaps.clearings += cache.drop(() => true);
          await sleep(5);
        }
      })();
      const asked: ReturnType<typeof ask>[] = [];
      let answered = 0;
      const startedAt = performance.now();
      // On a machine with other work the swaps may need longer to become so many.
      const isEnough = (): boolean =>
        asked.length >= A_SECOND * SECONDS && swaps.promotions > 3 && swaps.rollbacks > 0;
      while (!isEnough()) {
        const due = Math.floor(((performance.now() - startedAt) / 1000) * A_SECOND);
        // As many as there are connections: a backlog would only keep the swaps from happening.
        while (asked.length < due && asked.length - answered < MAX_UNDER_WAY) {
          asked.push(ask().finally(() => answered++));
        }
        await sleep(2);
      }
      const answers = await Promise.all(asked);
      isOver = true;
      await swapping;
      const served = answers.map(({ status, text }) => {
        expect(status, text).toBe(200);
        return prediction.parse(JSON.parse(text));
      });
      expect(served.filter(({ fallback }) => fallback)).toEqual([]);
      expect(served.every((one) => one.prediction !== null)).toBe(true);
      expect(new Set(served.map(({ model_uid: uid }) => uid)).size).toBeGreaterThan(2);
      expect(signalRig.logger.messages('error')).toEqual([]);
      process.stdout.write(`hot swap: ${served.length} requests, ${JSON.stringify(swaps)}\n`);
    },
    SECONDS * 1000 + 60_000,
  );
});
