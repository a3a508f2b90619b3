import { expect, it } from 'vitest';
import type { BacktestChange } from '../../storage/stores/backtest-store.js';
import { RunRecord } from './run-record.js';

const ASK = {
  signals: 'fallback',
  ...{ fromMs: undefined, toMs: undefined, symbols: undefined },
  ...{ timeframe: '1h', bot: 'catboost', data: undefined, set: {} },
} as const;

it('a run stores every five seconds how far it is and how long it still takes, and no longer once it has ended', async () => {
  const changes: BacktestChange[] = [];
  let wallMs = 1_000_000;
  const record = new RunRecord({
    store: {
      insert: async () => undefined,
      listSharpes: async () => [],
      change: async (_, change) => changes.push(change) > 0,
    },
    clock: { wallMs: () => wallMs, marketMs: () => 0, sleep: async () => undefined },
    ...{ uid: 'run', origin: 'job', ask: ASK, version: '1', place: 'here' },
  });
  // Two fifths are kept of an earlier run.
  record.noteProgress(0.4);
  wallMs += 4_000;
  record.noteProgress(0.41);
  wallMs += 6_000;
  record.noteProgress(0.5);
  wallMs += 1_000;
  record.noteProgress(0.51);
  wallMs += 9_000;
  record.noteProgress(0.7);
  await record.done({ figures: {}, sharpe: undefined, folder: undefined });
  expect(changes).toEqual([
    // A tenth in ten seconds: half is left. Then three tenths in twenty: three are left.
    { progress: 0.5, etaSec: 50 },
    { progress: 0.7, etaSec: 20 },
    expect.objectContaining({ state: 'done', progress: 1, etaSec: undefined }),
  ]);
});
