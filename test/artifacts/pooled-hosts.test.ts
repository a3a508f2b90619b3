import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { assertDefined } from '../../src/lib/invariant.js';
import { DEFAULT_INCREMENT } from '../../src/training/options/training-options.js';
import type { TrainingService } from '../../src/training/training-service.js';
import { forEachEngine } from '../database.js';
import { dropNames, redisPlace, redisSkipReason } from '../redis-server.js';
import { OwnS3, s3SkipReason } from '../s3-server.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';
import { filesBelow } from '../training/files-below.js';
import { until } from '../training/holding-trainer.js';
import { storeMarkets } from '../training/planted-markets.js';
import {
  createTrainingContext,
  HOUR_MS,
  KEY,
  LAST_OPEN_TIME,
  VENUE,
  type TrainingContext,
} from '../training/training-context.js';
import { PROGRAM_VERSION as version, WorkerProcess } from '../training/worker-process.js';
import { remoteOf } from '../training/worker-rig.js';
import { hostOf, type Host } from './stored.js';

const LIMIT_MS = 300_000;
const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT', 'XRP/USDT'];
const KEYS: readonly ModelKey[] = SYMBOLS.map((symbol) => ({ ...KEY, symbol }));
const SHARED_KEY = { venue: VENUE, timeframe: '1h', bot: 'catboost' } as const;
const OPTIONS = {
  promotionGate: 'parity',
  symbols: SYMBOLS,
  referenceSymbol: KEY.symbol,
  increment: { ...DEFAULT_INCREMENT, windowBars: 600 },
} as const;

/** `npm run worker` on a host of its own. */
interface OtherHost {
  readonly worker: WorkerProcess;
  readonly modelsDir: string;
}

forEachEngine((engine) => {
  const skipReason = redisSkipReason ?? s3SkipReason;
  const isHere = engine.name === 'mysql' && skipReason === undefined && HAS_PYTHON;
  describe.skipIf(!isHere)(`workers with folders of their own (${skipReason ?? 'S3'})`, () => {
    let server: OwnS3;
    let context: TrainingContext;
    let daemon: Host | undefined;
    let others: OtherHost[] = [];
    const place = redisPlace();
    beforeAll(async () => {
      server = await OwnS3.start();
    });
    afterAll(() => server.stop());
    afterEach(async () => {
      await Promise.all(others.map(({ worker }) => worker.stop()));
      others = [];
      await context.close();
      daemon?.store.close();
      await dropNames(place);
    });

    const startDaemon = async (): Promise<TrainingService> => {
      context = await createTrainingContext(engine, OPTIONS);
      await storeMarkets(context, SYMBOLS);
      const { stores, options } = context;
      daemon = hostOf(server.place, { stores, modelsDir: options.modelsDir });
      const { stored } = daemon;
      const service = context.service({
        createRemote: remoteOf(context, place, { stored, version }),
        artifacts: stored,
      });
      await service.start();
      return service;
    };

    /** To that many hours after the beginning. */
    const moveOn = async (hours: number): Promise<void> => {
      await context.clock.advance(
        LAST_OPEN_TIME + (hours + 1) * HOUR_MS - context.clock.marketMs(),
      );
      await storeMarkets(context, SYMBOLS, { lastOpenTime: LAST_OPEN_TIME + hours * HOUR_MS });
    };

    /** Resolves once it takes jobs, one at a time. */
    const startHost = async (name: string): Promise<OtherHost> => {
      const folder = path.join(context.folder, name);
      mkdirSync(folder);
      const worker = new WorkerProcess({
        ...{ location: context.location, place, dataDir: folder, cwd: folder },
        settings: server.environment,
        flags: ['--concurrency', '1'],
      });
      const host = { worker, modelsDir: path.join(folder, 'models') };
      others.push(host);
      await until(() => worker.output.includes('Processing queues') || undefined);
      return host;
    };

    /** The models of the keys' newest jobs, once they serve. */
    const untilServing = async (keys: readonly ModelKey[]): Promise<readonly ModelRecord[]> => {
      const { stores } = context;
      const records: ModelRecord[] = [];
      for (const key of keys) {
        const job = await context.untilEnded(key);
        expect(job).toMatchObject({ status: 'completed' });
        const uid = assertDefined(job.modelUid, 'model');
        await until(async () => (await stores.models.findServing(key))?.uid === uid || undefined);
        records.push(await stores.models.get(uid));
      }
      return records;
    };

    const baseModel = async () => {
      const [only, ...more] = await context.stores.baseModels.list(SHARED_KEY, {
        status: 'ready',
        limit: 9,
      });
      expect(more).toEqual([]);
      return assertDefined(only, 'base model');
    };

    const pooledFiles = ({ modelsDir }: OtherHost): readonly string[] =>
      filesBelow(path.join(modelsDir, VENUE, 'pooled')).toSorted();

    it(
      'share one base model, and an empty one continues what they made',
      { timeout: LIMIT_MS },
      async () => {
        const service = await startDaemon();
        const first = await startHost('host-1');
        const second = await startHost('host-2');
        await service.sessions.request({ keys: KEYS, kind: 'full' });
        const parents = await untilServing(KEYS);

        const base = await baseModel();
        expect(base).toMatchObject({ status: 'ready', attempt: 1, members: SYMBOLS });
        for (const { parentUid } of parents) expect(parentUid).toBe(base.uid);
        const owners = await Promise.all(
          KEYS.map(async (key) => (await context.stores.jobs.latest(key))?.ownerRunUid),
        );
        expect(new Set(owners).size).toBe(2);
        // One has fitted it, the other one has it from the store: the same files.
        expect(pooledFiles(first).length).toBe(3);
        expect(pooledFiles(second)).toEqual(pooledFiles(first));
        await Promise.all([first.worker.stop(), second.worker.stop()]);

        await moveOn(6);
        const third = await startHost('host-3');
        expect(existsSync(path.join(third.modelsDir, VENUE))).toBe(false);
        await service.sessions.request({ keys: KEYS.slice(0, 2), kind: 'incremental' });
        const children = await untilServing(KEYS.slice(0, 2));
        const treesOf = ({ config }: ModelRecord) => Number(config['treeCount']);
        for (const [at, child] of children.entries()) {
          const parent = assertDefined(parents[at], 'parent');
          expect(child).toMatchObject({ parentUid: parent.uid, config: { mode: 'incremental' } });
          expect(treesOf(child)).toBe(treesOf(parent) + DEFAULT_INCREMENT.iterations);
          expect(existsSync(path.join(third.modelsDir, parent.modelPath ?? '?'))).toBe(true);
        }

        // A session of one instrument begins from the base model that another host has fitted.
        expect(pooledFiles(third)).toEqual([]);
        await service.sessions.request({ keys: KEYS.slice(2, 3), kind: 'manual' });
        const [later] = await untilServing(KEYS.slice(2, 3));
        expect(later).toMatchObject({ parentUid: base.uid });
        expect(pooledFiles(third)).toEqual(pooledFiles(first));
        expect((await baseModel()).uid).toBe(base.uid);

        // Copies that were damaged meanwhile are fetched again.
        const [child] = children;
        const copies = [
          path.join(child?.modelPath ?? '?', 'model.cbm'),
          path.join(base.modelPath ?? '?', 'served.cbm'),
        ];
        for (const copy of copies) writeFileSync(path.join(third.modelsDir, copy), 'torn');
        await moveOn(12);
        await service.sessions.request({ keys: KEYS.slice(0, 1), kind: 'incremental' });
        await service.sessions.request({ keys: KEYS.slice(3), kind: 'manual' });
        const [grandchild] = await untilServing(KEYS.slice(0, 1));
        expect(grandchild).toMatchObject({ parentUid: child?.uid, config: { increments: 2 } });
        const [last] = await untilServing(KEYS.slice(3));
        expect(last).toMatchObject({ parentUid: base.uid });
        expect((await baseModel()).attempt).toBe(1);
      },
    );
  });
});
