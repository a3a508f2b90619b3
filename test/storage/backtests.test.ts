import { ulid } from 'ulid';
import { describe, expect, it } from 'vitest';
import type { BacktestRun } from '../../src/domain/backtest-run.js';
import type { BacktestChange } from '../../src/storage/stores/backtest-store.js';
import { fixedClock, forEachEngine } from '../database.js';
import { START_MS } from './rows.js';

const PAGE = { limit: 10, offset: 0 };
const HASH = 'a'.repeat(64);
const FACTS = {
  venue: 'binance',
  dataHash: HASH,
  fromTime: START_MS,
  toTime: START_MS + 3_600_000,
  symbols: ['BTC/USDT', 'ETH/USDT'],
  bars: 200,
  settings: { STOP_LOSS_PCT: 3, MAX_HOLD_BARS: 'auto' },
  seeds: { figures: HASH },
};

function aRun(changes: Partial<BacktestRun> = {}): BacktestRun {
  return {
    ...{ uid: ulid(), state: 'running', origin: 'command', timeframe: '1h', bot: 'catboost' },
    ask: {
      ...{ signals: 'fallback', fromMs: undefined, toMs: START_MS, symbols: undefined },
      ...{ timeframe: '1h', bot: 'catboost', data: undefined, set: { STOP_LOSS_PCT: '3' } },
    },
    ...{
      versions: { evenkeel: '0.1.0' },
      place: 'here',
      progress: 0,
      etaSec: undefined,
      startedAt: START_MS,
    },
    ...{ figures: undefined, sharpe: undefined, error: undefined, folder: undefined },
    endedAt: undefined,
    ...changes,
  };
}

forEachEngine((engine) => {
  describe('backtests', () => {
    it('keep what they were asked for, made of and found', async () => {
      const { stores } = await engine.open();
      const run = aRun();
      await stores.backtests.insert(run);
      expect(await stores.backtests.find(run.uid)).toMatchObject({ state: 'running' });
      const end: BacktestChange = {
        ...{ state: 'done', progress: 1, sharpe: -1.25, folder: '/x', endedAt: START_MS + 9 },
        figures: { trades: 3, by_month: [{ month: '2024-01', return: 0.1 }] },
      };
      expect(await stores.backtests.change(run.uid, FACTS)).toBe(true);
      expect(await stores.backtests.change(run.uid, end)).toBe(true);
      const found = await stores.backtests.find(run.uid);
      expect(found).toMatchObject({ ...FACTS, ...end, ask: { set: { STOP_LOSS_PCT: '3' } } });
      // What has ended stays as it is.
      expect(await stores.backtests.change(run.uid, { state: 'failed' })).toBe(false);
    });

    it('are listed newest first and narrowed by state and time', async () => {
      const { stores } = await engine.open();
      const runs = [0, 1, 2].map((at) =>
        aRun({ startedAt: START_MS + at, state: at === 1 ? 'failed' : 'done' }),
      );
      for (const run of runs) await stores.backtests.insert(run);
      const uids = async (filter: object): Promise<string[]> =>
        (await stores.backtests.list(filter, PAGE)).rows.map(({ uid }) => uid);
      const [a = '', b = '', c = ''] = runs.map(({ uid }) => uid);
      expect(await uids({})).toEqual([c, b, a]);
      expect(await uids({ state: 'done' })).toEqual([c, a]);
      expect(await uids({ from: START_MS + 1, to: START_MS + 1 })).toEqual([b]);
      expect(await stores.backtests.list({}, { limit: 1, offset: 1 })).toMatchObject({
        ...{ total: 3, rows: [{ uid: b }] },
      });
    });

    it('that a killed process left are interrupted, but for the one that runs and other places', async () => {
      const { stores } = await engine.open({ clock: fixedClock(START_MS + 7) });
      const [dead, mine, elsewhere] = [aRun(), aRun(), aRun({ place: 'there' })];
      const done = aRun({ state: 'done' });
      for (const run of [dead, mine, elsewhere, done]) await stores.backtests.insert(run);
      expect(await stores.backtests.markInterrupted('here', mine.uid)).toBe(1);
      const stateOf = async ({ uid }: BacktestRun) => (await stores.backtests.find(uid))?.state;
      expect(await stateOf(dead)).toBe('interrupted');
      expect((await stores.backtests.find(dead.uid))?.endedAt).toBe(START_MS + 7);
      expect(await stateOf(mine)).toBe('running');
      expect(await stateOf(elsewhere)).toBe('running');
      expect(await stateOf(done)).toBe('done');
    });

    it('stay counted as tries on their candles when they are deleted', async () => {
      const { stores } = await engine.open();
      const sharpes = [1.5, -0.5, 2];
      const runs = sharpes.map((sharpe) => aRun({ state: 'done', dataHash: HASH, sharpe }));
      const other = aRun({ state: 'done', dataHash: 'b'.repeat(64), sharpe: 9 });
      const failed = aRun({ state: 'failed', dataHash: HASH });
      for (const run of [...runs, other, failed]) await stores.backtests.insert(run);
      await stores.backtests.delete(runs[1]?.uid ?? '');
      expect(await stores.backtests.listSharpes(HASH)).toEqual(sharpes);
      expect(await stores.backtests.find(runs[1]?.uid ?? '')).toBeUndefined();
      expect((await stores.backtests.list({}, PAGE)).total).toBe(4);
    });
  });
});
