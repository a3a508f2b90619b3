import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ulid } from 'ulid';
import { describe, expect, it } from 'vitest';
import { retention, type RetentionRules } from '../../src/jobs/retention.js';
import type { BaseModel } from '../../src/domain/base-model.js';
import { Money } from '../../src/domain/money.js';
import type { Stores } from '../../src/storage/stores.js';
import { forEachEngine, openTestDatabase, type TestEngine } from '../database.js';
import { fixedClock } from './fixed-clock.js';
import {
  BOOK,
  aCandle,
  aDecision,
  aFallbackSignal,
  aJob,
  aModelRecord,
  aModelSignal,
  aPosition,
  aPrediction,
  aSession,
  candles,
  HOUR_MS,
  KEY,
  SERIES_KEY,
  someEvidence,
  START_MS,
} from './rows.js';

const DAY_MS = 86_400_000;
/** Four years on: everything at the start is old. */
const NOW_MS = START_MS + 1_461 * DAY_MS;
const FOR_EVER: RetentionRules = {
  pricesDays: 0,
  candlesDays: 0,
  predictionsDays: 0,
  signalsDays: 0,
  decisionsDays: 0,
  equityDays: 0,
  reconciliationsDays: 0,
  jobsDays: 0,
  recordsDays: 0,
  runsDays: 0,
  quarantineDays: 0,
  importsDays: 0,
};
const clock = fixedClock(NOW_MS);
const everything = { limit: 1_000, offset: 0 };

const importFolders: string[] = [];

async function run(
  stores: Stores,
  rules: Partial<RetentionRules>,
  neededBars = 0,
  signal = new AbortController().signal,
): Promise<void> {
  const job = retention({
    rules: { ...FOR_EVER, ...rules },
    venue: 'binance',
    neededBars: () => neededBars,
    importFolders,
    stores,
    clock,
    logger: SILENT_LOGGER,
  });
  await job(signal);
}

async function open(engine: TestEngine): Promise<Stores> {
  return (await engine.open({ clock })).stores;
}

/** A base model of that session without files. */
function aBaseModel(sessionUid: string, changes: Partial<BaseModel> = {}): BaseModel {
  return {
    venue: 'binance',
    timeframe: '1h',
    bot: 'catboost',
    sessionUid,
    uid: ulid(),
    jobUid: 'job',
    status: 'ready',
    attempt: 1,
    reason: undefined,
    trainedAt: START_MS,
    cutAt: undefined,
    dataEnd: undefined,
    features: [],
    members: [],
    config: {},
    selectedAt: undefined,
    selectedBy: undefined,
    catalogueHash: undefined,
    modelPath: undefined,
    manifestSha256: undefined,
    referenceSymbol: undefined,
    horizonBars: 4,
    ...changes,
  };
}

/** A candle of each hour up to now. */
async function withCandles(stores: Stores, count: number): Promise<number> {
  const { id } = await stores.series.ensure(SERIES_KEY);
  const last = NOW_MS / HOUR_MS - START_MS / HOUR_MS;
  const rows = candles(count).map((candle, at) => ({
    ...candle,
    openTime: aCandle(last - count + 1 + at).openTime,
  }));
  await stores.candles.upsert(id, rows, 'rest');
  return id;
}

forEachEngine((engine) => {
  describe('retention', () => {
    it('deletes nothing where nothing is set, however old it is', async () => {
      const stores = await open(engine);
      const id = await withCandles(stores, 50);
      const signal = aFallbackSignal();
      await stores.signals.insert(signal);
      await stores.decisions.insert(aDecision({ signalUid: signal.uid }));
      await run(stores, {});
      expect(await stores.candles.count(id)).toBe(50);
      expect((await stores.signals.list({}, everything)).total).toBe(1);
    });

    it('deletes candles in batches up to the day, of its own venue alone', async () => {
      const stores = await open(engine);
      const id = await withCandles(stores, 1_300);
      const other = await stores.series.ensure({ ...SERIES_KEY, venue: 'kraken' });
      await stores.candles.upsert(other.id, candles(3), 'rest');
      await run(stores, { candlesDays: 1 });
      const range = await stores.candles.range(id);
      expect(range).toMatchObject({ first: NOW_MS - DAY_MS, last: NOW_MS, count: 25 });
      expect(await stores.candles.count(other.id)).toBe(3);
    });

    it('keeps the candles that training and its features look back on', async () => {
      const stores = await open(engine);
      const id = await withCandles(stores, 1_300);
      await run(stores, { candlesDays: 1 }, 1_240);
      expect(await stores.candles.range(id)).toMatchObject({ first: NOW_MS - 1_241 * HOUR_MS });
    });

    it('keeps the candles from before an open position was opened', async () => {
      const stores = await open(engine);
      const id = await withCandles(stores, 1_300);
      await stores.positions.insert(
        aPosition({ status: 'open', openedAt: NOW_MS - 600 * HOUR_MS }),
      );
      await stores.positions.insert(
        aPosition({ status: 'closed', openedAt: NOW_MS - 1_200 * HOUR_MS, closedAt: NOW_MS }),
      );
      await run(stores, { candlesDays: 1 });
      expect(await stores.candles.range(id)).toMatchObject({ first: NOW_MS - 1_240 * HOUR_MS });
    });

    it('keeps the newest price of a symbol, whatever its age', async () => {
      const stores = await open(engine);
      const quote = { venue: 'binance', symbol: 'BTC/USDT', bid: '1', ask: '2', last: '1.5' };
      const times = [START_MS, START_MS + 1, START_MS + 2];
      await stores.prices.insert(times.map((venueTime) => ({ ...quote, venueTime })));
      await run(stores, { pricesDays: 7 });
      const kept = await stores.prices.latest('binance');
      expect(kept.get('BTC/USDT')?.venueTime).toBe(START_MS + 2);
      expect(await stores.prices.prune(NOW_MS)).toBe(0);
    });

    it('keeps decisions that belong to a position, and the newest of a key', async () => {
      const stores = await open(engine);
      const kinds = ['opened', 'named', 'old', 'newest'] as const;
      const decisions = kinds.map((kind, at) =>
        aDecision({
          candleOpenTime: START_MS + at * HOUR_MS,
          ...(kind === 'opened' ? { positionUid: ulid() } : {}),
        }),
      );
      for (const decision of decisions) await stores.decisions.insert(decision);
      await stores.positions.insert(aPosition({ decisionUid: decisions[1]?.uid ?? '' }));
      await run(stores, { decisionsDays: 30 });
      const { rows } = await stores.decisions.list({}, everything);
      const left = rows.map(({ uid }) => kinds[decisions.findIndex((one) => one.uid === uid)]);
      expect(left).toEqual(['newest', 'named', 'opened']);
    });

    it('deletes a signal once its decision is gone, but not of a model that serves', async () => {
      const stores = await open(engine);
      const serving = await stores.models.insert(aModelRecord());
      await stores.models.promote(serving.uid);
      const signals = [
        aFallbackSignal({ candleOpenTime: START_MS }),
        aFallbackSignal({ candleOpenTime: START_MS + HOUR_MS }),
        aModelSignal({ candleOpenTime: START_MS + HOUR_MS, modelUid: serving.uid }),
        aFallbackSignal({ candleOpenTime: START_MS + 2 * HOUR_MS }),
      ];
      for (const signal of signals) await stores.signals.insert(signal);
      await stores.decisions.insert(aDecision({ signalUid: signals[0]?.uid ?? '' }));
      await run(stores, { signalsDays: 30 });
      const uids = (await stores.signals.list({}, everything)).rows.map(({ uid }) => uid);
      expect(new Set(uids)).toEqual(
        new Set([signals[0], signals[2], signals[3]].map((s) => s?.uid)),
      );
    });

    it('keeps predictions that a challenger is measured against, and those behind a position', async () => {
      const stores = await open(engine);
      const serving = await stores.models.insert(aModelRecord());
      await stores.models.promote(serving.uid);
      const traded = aPrediction();
      // A global model spoke on both at the same candle; one of them was traded.
      const neighbour = { ...traded, uid: ulid(), symbol: 'ETH/USDT' };
      const gone = [aPrediction(), neighbour];
      const kept = [aPrediction({ modelUid: serving.uid }), traded];
      const predictions = [...gone, ...kept];
      for (const prediction of predictions) await stores.predictions.insert(prediction);
      const signal = aModelSignal({ modelUid: traded.modelUid, predictionUid: traded.uid });
      await stores.signals.insert(signal);
      await stores.decisions.insert(aDecision({ signalUid: signal.uid, positionUid: ulid() }));
      await run(stores, { predictionsDays: 30 });
      const { rows } = await stores.predictions.list({}, everything);
      expect(new Set(rows.map(({ uid }) => uid))).toEqual(new Set(kept.map(({ uid }) => uid)));
    });

    it('deletes records of trainings that left no model, and none that explains something', async () => {
      const stores = await open(engine);
      const insert = async (values: Parameters<typeof aModelRecord>[0]) =>
        (await stores.models.insert(aModelRecord(values))).uid;
      const failed = { stage: 'rejected', status: 'failed', modelPath: undefined } as const;
      const gone = await insert({ ...failed, trainedAt: START_MS });
      const withModel = await insert({ stage: 'rejected', trainedAt: START_MS + 1 });
      const predicted = await insert({ ...failed, trainedAt: START_MS + 2 });
      await stores.predictions.insert(aPrediction({ modelUid: predicted }));
      const pinned = await insert({ ...failed, trainedAt: START_MS + 3 });
      await stores.pins.set(KEY, pinned, START_MS);
      const parent = await insert({ ...failed, trainedAt: START_MS + 4 });
      const increment = await insert({ parentUid: parent, trainedAt: START_MS + 5 });
      const newest = await insert({ ...failed, trainedAt: START_MS + 6 });
      const elsewhere = await insert({ ...failed, venue: 'demo:1', trainedAt: START_MS });
      const young = await insert({ ...failed, symbol: 'ETH/USDT', trainedAt: NOW_MS - DAY_MS });
      await run(stores, { recordsDays: 90 });
      const left = (await stores.models.list({}, everything)).rows.map(({ uid }) => uid);
      expect(left).not.toContain(gone);
      expect(new Set(left)).toEqual(
        new Set([withModel, predicted, pinned, parent, increment, newest, elsewhere, young]),
      );
    });

    it('deletes finished jobs with their evidence and empty sessions, not those of a model', async () => {
      const stores = await open(engine);
      const [old, kept] = [aSession(), aSession()];
      await stores.sessions.insert(old);
      await stores.sessions.insert(kept);
      const model = await stores.models.insert(aModelRecord());
      const finish = async (sessionUid: string, at: number, modelUid?: string) => {
        const job = aJob(sessionUid, { queuedAt: START_MS + at });
        await stores.jobs.insert(job);
        await stores.evidence.insert(someEvidence(job.uid));
        await stores.jobs.claimNext({ venue: job.venue, ownerRunUid: 'run', at: START_MS });
        await stores.jobs.finish(job.uid, { status: 'completed', finishedAt: START_MS, modelUid });
        return job.uid;
      };
      const gone = await finish(old.uid, 1);
      const ofModel = await finish(kept.uid, 2, model.uid);
      const newest = await finish(kept.uid, 3);
      const open_ = aJob(kept.uid, { queuedAt: START_MS, symbol: 'ETH/USDT' });
      await stores.jobs.insert(open_);
      await run(stores, { jobsDays: 30 });
      const { rows } = await stores.jobs.list({}, everything);
      const uids = new Set(rows.map(({ uid }) => uid));
      expect(uids).toEqual(new Set([ofModel, newest, open_.uid]));
      expect(await stores.evidence.listByJob(gone)).toEqual([]);
      expect(await stores.evidence.listByJob(ofModel)).toHaveLength(1);
      expect(await stores.sessions.find(old.uid)).toBeUndefined();
      expect(await stores.sessions.find(kept.uid)).toBeDefined();
      expect(await stores.jobs.latest(KEY)).toMatchObject({ uid: newest });
    });

    it('deletes ended runs and old quarantined candles', async () => {
      const stores = await open(engine);
      const run_ = { version: '1', settingsHash: 'h', venue: 'binance', pid: 1, host: 'here' };
      for (const uid of ['ended', 'running', 'young']) {
        const startedAt = uid === 'young' ? NOW_MS : START_MS;
        await stores.runs.begin({ ...run_, uid, startedAt });
      }
      await stores.runs.end('ended', { endedAt: START_MS + 1, exitReason: 'stopped' });
      await stores.runs.end('young', { endedAt: NOW_MS, exitReason: 'stopped' });
      const early = (await engine.open({ clock: fixedClock(START_MS) })).stores;
      const { id } = await early.series.ensure(SERIES_KEY);
      await early.candles.quarantine(id, [{ candle: aCandle(1), reason: 'old' }]);
      await stores.candles.quarantine(id, [{ candle: aCandle(2), reason: 'new' }]);
      await run(stores, { runsDays: 30, quarantineDays: 30 });
      const { rows } = await stores.runs.list({}, everything);
      expect(rows.map(({ uid }) => uid).sort()).toEqual(['running', 'young']);
      const quarantined = await stores.candles.listQuarantined();
      expect(quarantined.map(({ reason }) => reason)).toEqual(['new']);
    });

    it('keeps the highest, the lowest and the last value of the books of each day that is over', async () => {
      const stores = await open(engine);
      const store = async (hour: number, equity: number, account: string = BOOK.account) => {
        const value = new Money(equity);
        const at = START_MS + hour * HOUR_MS;
        const point = { venue: BOOK.venue, account, at, cash: value, positionsValue: value };
        await stores.equity.insert({ ...point, equity: value });
      };
      // As text 9 is more than 10, and −1 of another account must not count.
      for (const [hour, equity] of [9.5, 10, 11, 9, 9, 10.5, 11].entries())
        await store(hour, equity);
      await store(4, -1, 'other');
      for (const hour of [24, 25, 26]) await store(hour, 5);
      const young = NOW_MS / HOUR_MS - START_MS / HOUR_MS;
      for (const hour of [young - 2, young - 1]) await store(hour, 7);
      await run(stores, { equityDays: 30 });
      const { rows } = await stores.equity.list(BOOK, everything);
      const hours = rows.map(({ at }) => (at - START_MS) / HOUR_MS);
      // Of equal values the first stays.
      expect(hours.toReversed()).toEqual([2, 3, 6, 24, 26, young - 2, young - 1]);
      const since = { peakFrom: START_MS, firstFrom: START_MS };
      expect((await stores.equity.marksSince(BOOK, since)).highest?.equity).toEqual(new Money(11));
    });

    it('keeps the newest comparison with the account of each book, and those that are young', async () => {
      const stores = await open(engine);
      const store = async (
        uid: string,
        hour: number,
        { venue = BOOK.venue, account = BOOK.account }: { venue?: string; account?: string } = {},
      ) => {
        const reconciledAt = START_MS + hour * HOUR_MS;
        const row = { uid, venue, account, reconciledAt, differences: [] };
        await stores.reconciliations.insert({ ...row, trigger: 'start' });
      };
      await store('gone', 1);
      await store('gone too', 2);
      await store('newest of another account', 1, { account: 'other' });
      await store('of another venue', 1, { venue: 'demo:1' });
      await store('newer of another venue', 2, { venue: 'demo:1' });
      await store('young', NOW_MS / HOUR_MS - START_MS / HOUR_MS - 1);
      await run(stores, { reconciliationsDays: 30 });
      const { rows } = await stores.reconciliations.list({}, everything);
      const kept = ['newest of another account', 'of another venue', 'newer of another venue'];
      expect(new Set(rows.map(({ uid }) => uid))).toEqual(new Set([...kept, 'young']));
      await run(stores, { reconciliationsDays: 1 });
      expect((await stores.reconciliations.list(BOOK, everything)).total).toBe(1);
    });

    it('deletes base models without files once the jobs of their session are gone', async () => {
      const stores = await open(engine);
      const early = (await engine.open({ clock: fixedClock(START_MS) })).stores;
      const session = aSession();
      await stores.sessions.insert(session);
      await stores.jobs.insert(aJob(session.uid, { queuedAt: START_MS }));
      const kept = [
        aBaseModel(session.uid),
        aBaseModel('fitting', { status: 'fitting' }),
        aBaseModel('with files', { modelPath: 'pooled/x' }),
      ];
      const gone = [aBaseModel('gone'), aBaseModel('failed', { status: 'failed' })];
      for (const one of [...kept, ...gone]) await early.baseModels.insert(one);
      const young = aBaseModel('young');
      await stores.baseModels.insert(young);
      await run(stores, { jobsDays: 30 });
      for (const one of gone) expect(await stores.baseModels.find(one)).toBeUndefined();
      for (const one of [...kept, young]) expect(await stores.baseModels.find(one)).toBeDefined();
    });

    it('ends at the next batch when it is told to', async () => {
      const stores = await open(engine);
      const id = await withCandles(stores, 100);
      await run(stores, { candlesDays: 1 }, 0, AbortSignal.abort());
      expect(await stores.candles.count(id)).toBe(100);
    });
  });
});

it('retention deletes what became of old imports, by the age of the files', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-imports-'));
  importFolders.push(folder, path.join(folder, 'not there'));
  for (const [name, ageDays] of Object.entries({ 'old.json': 31, 'young.json': 29 })) {
    const file = path.join(folder, name);
    await writeFile(file, '{}');
    const at = (NOW_MS - ageDays * DAY_MS) / 1000;
    await utimes(file, at, at);
  }
  const { database, stores } = await openTestDatabase({ clock });
  await run(stores, { importsDays: 30 });
  await database.close();
  expect(await readdir(folder)).toEqual(['young.json']);
  importFolders.length = 0;
  await rm(folder, { recursive: true });
});
