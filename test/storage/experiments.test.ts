import { ulid } from 'ulid';
import { describe, expect, it } from 'vitest';
import type { DayScore, Experiment, Trial, TrialScore } from '../../src/domain/experiment.js';
import { forEachEngine } from '../database.js';
import { aJob, aSession, HOUR_MS, KEY, START_MS } from './rows.js';

const PAGE = { limit: 10, offset: 0 };

function anExperiment(sessionUid: string): Experiment {
  return {
    ...{ uid: ulid(), venue: KEY.venue, name: 'depth', bot: 'catboost', sessionUid },
    ...{ symbols: ['BTC/USDT', 'ETH/USDT'], timeframes: ['1h'], seeds: [42, 43] },
    variants: [
      { name: 'flat', settings: {} },
      { name: 'deep', settings: { CATBOOST_DEPTH: '6' } },
    ],
    ...{ cutAt: START_MS, createdAt: START_MS + 5 },
  };
}

function aTrial(experimentUid: string, changes: Partial<Trial> = {}): Trial {
  return {
    ...{ uid: ulid(), experimentUid, purpose: 'experiment', variant: 'flat', seed: 42 },
    ...{ cutAt: START_MS, options: { trainSeed: 42, candidateFeatures: null, pooling: 'off' } },
    ...changes,
  };
}

function aDay(day: number): DayScore {
  return {
    ...{ day, rows: 24, loss: 26.125, priorLoss: 26.25, directionRows: 16 },
    ...{ directionLoss: 11.5, directionPriorLoss: 11.0625, directionHits: 9 },
  };
}

function aScore(trial: Trial, changes: Partial<TrialScore> = {}): TrialScore {
  return {
    ...{ jobUid: ulid(), experimentUid: trial.experimentUid, trialUid: trial.uid },
    ...{ symbol: 'BTC/USDT', timeframe: '1h', rowsHash: 'a'.repeat(64), scoredAt: START_MS },
    days: [aDay(19_800), aDay(19_801)],
    ...changes,
  };
}

forEachEngine((engine) => {
  describe('experiments', () => {
    it('are kept with their trials and scores, the first score of each', async () => {
      const { stores } = await engine.open();
      const experiment = anExperiment(ulid());
      await stores.experiments.insert(experiment);
      expect(await stores.experiments.find(experiment.uid)).toEqual(experiment);
      expect(await stores.experiments.find(ulid())).toBeUndefined();
      const listed = await stores.experiments.list({ venue: KEY.venue }, PAGE);
      expect(listed).toEqual({ total: 1, rows: [experiment] });
      expect(await stores.experiments.list({ venue: 'other' }, PAGE)).toMatchObject({ total: 0 });

      const trials = [aTrial(experiment.uid), aTrial(experiment.uid, { cutAt: undefined })];
      for (const trial of trials) await stores.experiments.insertTrial(trial);
      expect(await stores.experiments.listTrials(experiment.uid)).toEqual(trials);
      const [trial] = trials as [Trial];
      expect(await stores.experiments.findTrial(trial.uid)).toEqual(trial);

      const score = aScore(trial);
      expect(await stores.experiments.insertScore(score)).toEqual({
        ...{ status: 'inserted', row: score },
      });
      const again = await stores.experiments.insertScore(aScore(trial, { rowsHash: 'b' }));
      expect(again).toEqual({ status: 'exists', row: score });
      expect(await stores.experiments.listScores(experiment.uid)).toEqual([score]);
      expect(await stores.experiments.countScores(experiment.uid)).toBe(1);
      expect(await stores.experiments.findRowsHash(experiment.uid, score)).toBe(score.rowsHash);
      const other = { symbol: 'ETH/USDT', timeframe: '1h' };
      expect(await stores.experiments.findRowsHash(experiment.uid, other)).toBeUndefined();
    });

    it('have jobs of their own beside the open one of a key, which keeps its place', async () => {
      const { stores } = await engine.open();
      const session = aSession();
      await stores.sessions.insert(session);
      const experiment = anExperiment(session.uid);
      await stores.experiments.insert(experiment);
      const trials = [aTrial(experiment.uid), aTrial(experiment.uid)];
      for (const trial of trials) await stores.experiments.insertTrial(trial);
      const usual = aJob(session.uid, { uid: ulid(), status: 'pending' });
      const [one, other] = trials.map(({ uid }) =>
        aJob(session.uid, {
          uid: ulid(),
          status: 'pending',
          trialUid: uid,
          queuedAt: START_MS + 9,
        }),
      );
      for (const job of [usual, one, other]) {
        expect(await stores.jobs.insert(job ?? usual)).toMatchObject({ status: 'inserted' });
      }
      expect(await stores.jobs.findOpen(KEY)).toMatchObject({ uid: usual.uid });
      expect(await stores.jobs.latest(KEY)).toMatchObject({ uid: usual.uid });
      const ofTrial = { ...KEY, trialUid: one?.trialUid };
      expect(await stores.jobs.findOpen(ofTrial)).toMatchObject({ uid: one?.uid });
      expect(await stores.jobs.latest(ofTrial)).toMatchObject({ uid: one?.uid });
      // The same of a trial joins, as a request for a key does.
      const double = aJob(session.uid, { uid: ulid(), status: 'pending', trialUid: one?.trialUid });
      expect(await stores.jobs.insert(double)).toMatchObject({
        ...{ status: 'exists', job: { uid: one?.uid } },
      });
      const tally = await stores.experiments.tallyJobs(experiment.uid);
      expect([...tally]).toEqual([['pending', 2]]);
      // Clearing a model ends the jobs of its key, and no others.
      const why = { code: 'cleared', message: 'cleared', at: START_MS };
      expect(await stores.jobs.cancelOpen({ key: KEY }, why)).toBe(1);
    });

    it('leave answers of shadow models, of which old ones are deleted, of their own venue alone', async () => {
      const { stores } = await engine.open();
      const times = [START_MS, START_MS + HOUR_MS];
      for (const venue of [KEY.venue, 'kraken']) {
        await stores.shadows.insert({
          ...{ ...KEY, venue, uid: venue, experimentUid: 'e', variant: 'deep', trialUid: venue },
          ...{ status: 'answering', reason: undefined, record: undefined, createdAt: START_MS },
          ...{ modelPath: undefined, manifestSha256: undefined, endedAt: undefined },
        });
        for (const candleOpenTime of times) {
          await stores.shadows.insertAnswer({
            ...{ shadowUid: venue, candleOpenTime, probabilities: [0.2, 0.3, 0.5] },
            ...{ expectedReturn: 0, latencyUs: 1, answeredAt: candleOpenTime },
          });
        }
      }
      const { signal } = new AbortController();
      const which = { venue: KEY.venue, before: START_MS + HOUR_MS, signal };
      expect(await stores.retention.remove('shadowAnswers', which)).toBe(1);
      expect(await stores.shadows.listAnswers(KEY.venue, 9)).toMatchObject([
        { candleOpenTime: START_MS + HOUR_MS },
      ]);
      expect(await stores.shadows.listAnswers('kraken', 9)).toHaveLength(2);
    });
  });
});
