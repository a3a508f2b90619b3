import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { errorAnswer, listAnswer } from '../../src/api/contract/common.js';
import {
  evidence,
  job,
  requested,
  session,
  sessionCount,
  sessionMoved,
  startedAuto,
  trainingStatus,
} from '../../src/api/contract/training.js';
import type { Stores } from '../../src/storage/stores.js';
import { forEachEngine } from '../database.js';
import { KEY, someEvidence, START_MS } from '../storage/rows.js';
import { buildApi, fillStores, type ApiRig } from './api-rig.js';

const HOST = { host: '127.0.0.1:1' };

forEachEngine((engine) => {
  describe('the training calls', () => {
    let rig: ApiRig;
    let stores: Stores;

    const open = async (): Promise<void> => {
      ({ stores } = await engine.open());
      await fillStores(stores);
      rig = await buildApi({ stores });
    };
    const post = (url: string, body: object = {}) =>
      rig.server.inject({ method: 'POST', url, headers: HOST, payload: body });
    /** The answer, held to its shape and to nothing beside it. */
    const send = async <T extends z.ZodType>(
      ...[url, shape, body]: [url: string, shape: T, body?: object]
    ): Promise<z.output<T>> => {
      const answer = await post(url, body);
      expect([url, Math.floor(answer.statusCode / 100), answer.body]).toEqual([
        url,
        2,
        answer.body,
      ]);
      expect(shape.parse(answer.json())).toEqual(answer.json());
      return shape.parse(answer.json());
    };
    const read = async <T extends z.ZodType>(url: string, shape: T): Promise<z.output<T>> => {
      const answer = await rig.server.inject({ method: 'GET', url, headers: HOST });
      expect([url, answer.statusCode]).toEqual([url, 200]);
      expect(shape.parse(answer.json())).toEqual(answer.json());
      return shape.parse(answer.json());
    };

    it('queue one model, and the queue is paused, resumed, stopped and stopped by force', async () => {
      await open();
      const first = await send('/api/prediction/train', requested, { symbol: 'BTC-USDT' });
      const second = await send('/api/prediction/train', requested, {});
      expect(second.job_id).toBe(first.job_id);
      expect(await read('/api/training/status', trainingStatus)).toMatchObject({
        ...{ state: 'running', queue_length: 1, is_running: false, current_training: null },
        queues: { 'training-high': 1, 'training-normal': 0 },
      });
      expect(await send('/api/training/pause', trainingStatus)).toMatchObject({
        ...{ state: 'paused', is_paused: true, paused_by: ['api'] },
      });
      expect(await send('/api/training/resume', trainingStatus)).toMatchObject({
        ...{ state: 'running', paused_by: [] },
      });
      await stores.jobs.claimNext({ venue: KEY.venue, ownerRunUid: 'run', at: START_MS });
      const stopping = await send('/api/training/stop', trainingStatus);
      expect(stopping).toMatchObject({ state: 'stopping', is_running: true });
      expect(stopping.current_training).toMatchObject({ symbol: 'BTCUSDT', job_id: first.job_id });
      expect(await send('/api/training/force-stop', trainingStatus)).toMatchObject({
        ...{ state: 'stopped', cancelled_count: 1 },
      });
      const auto = { symbols: ['BTCUSDT', 'ETH/USDT'], priority: 'training-low' };
      expect(await send('/api/training/start-auto', startedAuto, auto)).toMatchObject({
        ...{ queued: 2, joined: 0 },
      });
    });

    it('take a session from its making to the retry of what failed', async () => {
      await open();
      const all = { discover: 'collected', name: 'all' };
      const counting = { ...all, count_only: true };
      expect(await send('/api/training/sessions', sessionCount, counting)).toEqual({ count: 2 });
      expect((await stores.sessions.list({}, { limit: 1, offset: 0 })).total).toBe(0);
      const made = await send('/api/training/sessions', session, all);
      expect(made).toMatchObject({ status: 'pending', name: 'all', progress: { total: 0 } });
      const url = `/api/training/sessions/${made.sessionId}`;
      const started = await send(`${url}/start`, sessionMoved);
      expect(started).toMatchObject({ sessionId: made.sessionId, status: 'running' });
      expect((await send(`${url}/pause`, sessionMoved)).status).toBe('paused');
      expect((await send(`${url}/resume`, sessionMoved)).status).toBe('running');
      const uid = started.jobId ?? '';
      await stores.evidence.insert(someEvidence(uid));
      await stores.jobs.finish(uid, { status: 'failed', finishedAt: START_MS });
      expect(await read(url, session)).toMatchObject({
        ...{ progress: { current: 1, total: 2, percentage: 50, etaSeconds: null } },
        jobsSummary: { failed: 1, pending: 1 },
      });
      expect((await read(`${url}/jobs`, listAnswer('jobs', job))).total).toBe(2);
      const left = await read(`${url}/evidence`, listAnswer('evidence', evidence));
      expect(left.evidence.map(({ jobId }) => jobId)).toEqual([uid]);
      const retried = await send(`${url}/retry-failed`, sessionMoved);
      expect(retried.sessionId).not.toBe(made.sessionId);
      expect((await send(`${url}/cancel`, sessionMoved)).status).toBe('cancelled');
      const listed = await read('/api/training/sessions', listAnswer('sessions', session));
      expect(listed.sessions.map(({ kind }) => kind).sort()).toEqual(['manual', 'retry']);
    });

    it('refuse what is wrong by naming its field, and change nothing', async () => {
      await open();
      const wrong = [
        ['/api/prediction/train', { symbol: 'NOPE' }, 404, 'symbol'],
        ['/api/prediction/train', { bot: 'nope' }, 400, 'bots'],
        ['/api/prediction/train', { timeframe: '4h' }, 400, 'timeframe'],
        ['/api/prediction/train', { symbol: 5 }, 400, 'symbol'],
        ['/api/training/start-auto', { bots: [] }, 400, 'bots'],
        ['/api/training/sessions', { priority: 'first' }, 400, 'priority'],
        ['/api/training/sessions', { timeframes: ['1d'] }, 400, 'timeframes'],
        ['/api/training/sessions', { config: { batchSize: 0 } }, 400, 'config.batchSize'],
        ['/api/training/sessions/01ARZ3NDEKTSV4RRFFQ69G5FAV/start', {}, 404, 'id'],
        ['/api/training/sessions/x/cancel', {}, 400, 'id'],
      ] as const;
      for (const [url, body, status, field] of wrong) {
        const answer = await post(url, body);
        const { error } = errorAnswer.parse(answer.json());
        expect([url, body, answer.statusCode, error.field]).toEqual([url, body, status, field]);
      }
      expect((await stores.jobs.list({}, { limit: 1, offset: 0 })).total).toBe(0);
      const made = await send('/api/training/sessions', session, {});
      const early = await post(`/api/training/sessions/${made.sessionId}/pause`);
      expect([early.statusCode, early.body]).toEqual([400, expect.stringContaining('pending')]);
    });

    it('name the command that a deep bot needs, and know the bot by both of its names', async () => {
      await open();
      const deep = await post('/api/prediction/train', { bot: 'transformer_bot' });
      expect([deep.statusCode, errorAnswer.parse(deep.json()).error]).toMatchObject([
        400,
        {
          field: 'bots',
          message:
            'bot "transformer" is not among catboost; it needs "npm run setup -- --with torch" and its name in BOTS',
        },
      ]);
      const listed = await rig.server.inject({
        headers: HOST,
        url: '/api/models/training-history?bot=lstm_bot',
      });
      expect(listed.statusCode).toBe(200);
    });

    it('answer 503 while this daemon does not train, and refuse another origin', async () => {
      await open();
      rig.isStarting = true;
      expect((await post('/api/training/pause')).statusCode).toBe(503);
      rig.isStarting = false;
      const foreign = await rig.server.inject({
        ...{ method: 'POST', url: '/api/training/force-stop', payload: {} },
        headers: { ...HOST, origin: 'http://elsewhere.example' },
      });
      expect(foreign.statusCode).toBe(403);
      expect(await stores.control.find(KEY.venue)).toEqual({ isPaused: false, isStopped: false });
    });
  });
});
