import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { EMBEDDING_BOT } from '../../src/domain/bots.js';
import type { Candle } from '../../src/domain/candle.js';
import type { LookalikeOutcome } from '../../src/lookalikes/lookalikes.js';
import { forEachEngine } from '../database.js';
import { plantedCandles } from '../training/planted-candles.js';
import { until } from '../training/holding-trainer.js';
import {
  HOUR_MS,
  LookalikeRig,
  START_MS,
  SYMBOLS,
  VENUE,
  type LookalikeRun,
} from './lookalike-rig.js';

const KEYS = SYMBOLS.map(
  (symbol) => ({ venue: VENUE, symbol, timeframe: '1h', bot: EMBEDDING_BOT }) as const,
);
const ASKED = START_MS - 200 * HOUR_MS;

forEachEngine((engine) => {
  describe('look-alikes', () => {
    let rig: LookalikeRig;
    afterEach(() => rig.close());

    const ended = async (run: LookalikeRun, uid: string): Promise<string> =>
      until(async () => {
        const { status } = (await run.sessions.view(uid)).session;
        return ['completed', 'failed', 'cancelled'].includes(status) ? status : undefined;
      });
    const build = async (run: LookalikeRun): Promise<string> => {
      const { sessionUid } = await run.sessions.request({ keys: KEYS, kind: 'embedding' });
      expect(await ended(run, sessionUid)).toBe('completed');
      return sessionUid;
    };
    const ask = async (
      run: LookalikeRun,
      values: { openTime?: number; scope?: 'symbol' | 'all'; symbol?: string } = {},
    ): Promise<LookalikeOutcome> => {
      const { openTime, scope = 'all', symbol = 'ETH/USDT' } = values;
      return run.lookalikes.find({ key: await rig.series(symbol), openTime, count: 5, scope });
    };
    const files = (folder = path.join(rig.folder, 'lookalikes')): string[] =>
      readdirSync(folder).map((name) =>
        createHash('sha256')
          .update(readFileSync(path.join(folder, name)))
          .digest('hex'),
      );
    const evidence = async (uid: string) => {
      const session = await rig.stores.sessions.find(uid);
      const { rows } = await rig.stores.jobs.listOfSession(session ?? { uid, joinedJobs: [] }, {
        limit: 9,
        offset: 0,
      });
      return (await Promise.all(rows.map((job) => rig.stores.evidence.listByJob(job.uid)))).flat();
    };

    it('are built when they are first asked for, by a session with evidence, and later candles change no answer', async () => {
      rig = await LookalikeRig.open(engine);
      const run = await rig.start();
      const first = await ask(run);
      expect(first).toMatchObject({ status: 'building', seriesTotal: 3 });
      const uid = first.status === 'building' ? (first.sessionUid ?? '') : '';
      expect(await ended(run, uid)).toBe('completed');
      const left = await evidence(uid);
      expect(left).toHaveLength(3);
      for (const one of left) {
        expect(one).toMatchObject({ modelName: 'windows-dct', modelVersion: '1', device: 'cpu' });
        expect(one.embeddingChecksum).toMatch(/^[0-9a-f]{64}$/);
        expect(one.processingTimeMs).toBeGreaterThanOrEqual(0);
      }
      const answer = await ask(run, { openTime: ASKED });
      if (answer.status !== 'found') throw new Error(answer.status);
      expect(answer.lookalikes).toHaveLength(5);
      expect(answer.seriesReady).toBe(3);
      const ends = answer.lookalikes.map(({ index }) => index);
      for (const end of ends) expect(end).toBeLessThanOrEqual(answer.index - 64);
      for (const one of ends) {
        expect(ends.filter((other) => Math.abs(other - one) < 64)).toHaveLength(1);
      }
      expect(answer.followed.map(({ bars }) => bars)).toEqual([1, 4, 12, 24]);
      const alone = await ask(run, { openTime: ASKED, scope: 'symbol' });
      if (alone.status !== 'found') throw new Error(alone.status);
      expect(new Set(alone.lookalikes.map(({ symbol }) => symbol))).toEqual(new Set(['ETH/USDT']));

      // The same database with another future, from the bar after the asked one.
      for (const [seed, symbol] of SYMBOLS.entries()) {
        const future = {
          bars: 199,
          lastOpenTime: START_MS - HOUR_MS,
          seed: 50 + seed,
          momentum: 0,
        };
        await rig.store(symbol, plantedCandles(future).map(tripled));
      }
      const other = await rig.start({ folder: path.join(rig.folder, 'other') });
      await build(other);
      expect(await ask(other, { openTime: ASKED })).toEqual(answer);
      expect(await ask(other)).not.toEqual(await ask(other, { openTime: ASKED }));
    });

    it('are paused and resumed, retried after a failure, and taken up after a death at any byte', async () => {
      rig = await LookalikeRig.open(engine);
      const run = await rig.start();
      await run.queue.pause();
      const { sessionUid } = await run.sessions.request({ keys: KEYS, kind: 'embedding' });
      expect((await run.sessions.view(sessionUid)).progress.percentage).toBe(0);
      expect(readdirSync(rig.folder)).toEqual([]);
      await run.queue.resume();
      expect(await ended(run, sessionUid)).toBe('completed');
      expect((await run.sessions.view(sessionUid)).progress.percentage).toBe(100);
      const whole = files();

      const nothing = {
        venue: VENUE,
        symbol: 'NONE/USDT',
        timeframe: '1h',
        bot: EMBEDDING_BOT,
      } as const;
      const failing = await run.sessions.request({ keys: [nothing], kind: 'embedding' });
      expect(await ended(run, failing.sessionUid)).toBe('failed');
      expect((await evidence(failing.sessionUid))[0]?.error).toContain('No candles of NONE/USDT');
      await rig.store(
        'NONE/USDT',
        plantedCandles({ bars: 90, lastOpenTime: START_MS - HOUR_MS, seed: 9, momentum: 0 }),
      );
      const again = await run.sessions.retryFailed(failing.sessionUid);
      expect(await ended(run, again.sessionUid)).toBe('completed');
      await run.stop();

      // A run that died while it wrote: the file ends anywhere, the job is still its own.
      const folder = path.join(rig.folder, 'lookalikes');
      for (const size of [100, 256, 257, 40_000, 40_001]) {
        const one = await rig.series('ETH/USDT');
        truncateSync(path.join(folder, `${one.uid}.windows`), size);
        const asked = await run.sessions.request({ keys: KEYS.slice(1, 2), kind: 'embedding' });
        const uid = asked.jobs[0]?.uid ?? '';
        const claim = {
          venue: VENUE,
          work: 'embedding',
          ownerRunUid: 'dead',
          at: START_MS,
        } as const;
        expect((await rig.stores.jobs.claimNext(claim))?.uid).toBe(uid);
        const next = await rig.start();
        await until(async () =>
          (await rig.stores.jobs.find(uid))?.status === 'completed' ? true : undefined,
        );
        await next.stop();
        expect((await rig.stores.jobs.find(uid))?.attempt).toBe(2);
      }
      expect(files()).toEqual(expect.arrayContaining(whole));
    });

    it('stay current at each close, after a revision, with older candles and with another reference', async () => {
      rig = await LookalikeRig.open(engine);
      const run = await rig.start();
      await build(run);
      await ask(run);
      const next = { lastOpenTime: START_MS + HOUR_MS, momentum: 0 };
      for (const [seed, symbol] of SYMBOLS.entries()) {
        const candles = plantedCandles({ ...next, bars: 2, seed: 70 + seed });
        run.lookalikes.closed(await rig.store(symbol, candles));
      }
      const newest = await until(async () => {
        const [state] = await run.index.states([await pair('ETH/USDT')]);
        return state?.rows === 1202 ? state : undefined;
      });
      expect(newest.rows).toBe(1202);
      const changed = plantedCandles({
        ...next,
        lastOpenTime: START_MS - 10 * HOUR_MS,
        bars: 5,
        seed: 99,
      });
      run.lookalikes.revised(await rig.store('ETH/USDT', changed), changed[0]?.openTime ?? 0);
      // What was begun is finished by a stop.
      await run.stop();
      const kept = files();

      const fresh = await rig.start({ folder: path.join(rig.folder, 'fresh') });
      await build(fresh);
      expect(files(path.join(rig.folder, 'fresh'))).toEqual(kept);

      const older = plantedCandles({
        bars: 100,
        lastOpenTime: START_MS - 1201 * HOUR_MS,
        seed: 5,
        momentum: 0,
      });
      const series = await rig.store('ETH/USDT', older);
      fresh.lookalikes.ready();
      await fresh.lookalikes.poll();
      const [state] = await until(async () => {
        const states = await fresh.index.states([await pair('ETH/USDT')]);
        return states[0]?.rows === 1302 ? states : undefined;
      });
      expect(state?.firstIndex).toBe(
        (series.gridOffsetMs ?? 0) + (START_MS - 1300 * HOUR_MS) / HOUR_MS,
      );

      const other = await rig.start({
        folder: path.join(rig.folder, 'fresh'),
        basis: { referenceSymbol: 'SOL/USDT' },
        isAlways: true,
      });
      expect(await other.index.states([await pair('ETH/USDT', 'SOL/USDT')])).toEqual([undefined]);
      await other.lookalikes.poll();
      await until(async () =>
        (await other.index.states([await pair('ETH/USDT', 'SOL/USDT')]))[0]?.rows === 1302
          ? true
          : undefined,
      );
    });

    const pair = async (symbol: string, reference = 'BTC/USDT') => ({
      series: await rig.series(symbol),
      reference: await rig.series(reference),
    });
  });
});

function tripled(candle: Candle): Candle {
  const { openTime, open, high, low, close, volume } = candle;
  return { openTime, volume, open: open * 3, high: high * 3, low: low * 3, close: close * 3 };
}
