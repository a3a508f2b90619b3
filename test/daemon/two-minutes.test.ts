import { expect, test } from 'vitest';
import { analysis, decision, signal } from '../../src/api/contract/signals.js';
import { listAnswer } from '../../src/api/contract/common.js';
import { modelStatus } from '../../src/api/contract/model-status.js';
import { position, trade } from '../../src/api/contract/trading.js';
import { daemonRig, type DaemonChild } from './daemon-child.js';

const { start, folder } = daemonRig();
const HOUR_MS = 3_600_000;
const LIMIT_MS = 300_000;

/** The newcomer's start with its three symbols, at three times the speed so that bars come soon. */
const NEWCOMER = { API_PORT: '0', DEMO_SPEED: '1200', TRAIN_MONTHS_BACK: '3' };

/** The text of these lines is a contract with people's scripts. */
const TRAIN_LINES = [
  /\[TRAIN\] Preparing features and labels\.\.\.$/m,
  /\[TRAIN\] Raw features: \d+, samples: \d+$/m,
  /\[TRAIN\] Samples after dropna: \d+ \(dropped \d+\)$/m,
  /\[TRAIN\] Class distribution - SELL: \d+, HOLD: \d+, BUY: \d+$/m,
  /\[TRAIN\] Final dataset: \d+ samples with \d+ features$/m,
];

test(
  'from an empty folder to a paper trade on a model of its own',
  async () => {
    const daemon = start({ environment: { ...NEWCOMER, DATA_DIR: folder() } });
    await daemon.line(/BTC\/USDT 1h is up to date/, LIMIT_MS);
    await daemon.line(
      /BTC\/USDT 1h catboost \w+ [\d.]+ by fallback: .*fallback_reason=untrained/,
      LIMIT_MS,
    );
    for (const line of TRAIN_LINES) await daemon.line(line, LIMIT_MS);
    await daemon.line(/\[TRAIN\] Promoted: /, LIMIT_MS);
    await daemon.line(/ by model: /, LIMIT_MS);
    const trades = await daemon.until(() => findTrades(daemon), {
      what: 'a fill',
      limitMs: LIMIT_MS,
    });
    expect(trades.at(-1)?.side).toBe('buy');

    await expectServing(daemon);
    await expectEveryCandleDecided(daemon);
    await expectOnePositionEach(daemon);
    expect((await daemon.stop()).code).toBe(0);
    expect(daemon.output).not.toMatch(/ERROR/);
  },
  2 * LIMIT_MS,
);

async function findTrades(daemon: DaemonChild) {
  const { trades } = await daemon.get('/api/trades', listAnswer('trades', trade));
  return trades.length > 0 ? trades : undefined;
}

async function expectServing(daemon: DaemonChild): Promise<void> {
  const { signals } = await daemon.get('/api/signals?limit=1000', listAnswer('signals', signal));
  const byModel = signals.find(({ fallback }) => !fallback);
  const symbol = byModel?.symbol ?? '';
  const model = await daemon.get(`/api/model/status?symbol=${symbol}`, modelStatus);
  expect(model).toMatchObject({ is_trained: true, fallback_active: false });
  expect(model.verdict?.is_promoted).toBe(true);
  const newest = await daemon.get(`/api/analysis/${symbol}`, analysis);
  const { sell = NaN, hold = NaN, buy = NaN } = newest.probabilities ?? {};
  expect(sell + hold + buy).toBeCloseTo(1, 5);
  expect(newest.confidence).toBeCloseTo(100 * Math.max(sell, hold, buy), 4);
}

/** One decision for each candle that closed since the start, and one more after a promotion. */
async function expectEveryCandleDecided(daemon: DaemonChild): Promise<void> {
  const list = listAnswer('signals', signal);
  const { signals } = await daemon.get('/api/signals?limit=1000', list);
  const { decisions } = await daemon.get(
    '/api/decisions?limit=1000',
    listAnswer('decisions', decision),
  );
  const decided = decisions.map(({ signal_uid }) => signal_uid);
  expect(new Set(decided).size).toBe(decided.length);
  for (const symbol of ['BTC/USDT', 'ETH/USDT', 'SOL/USDT']) {
    const own = signals.filter(({ unified_symbol }) => unified_symbol === symbol);
    const first = own.filter(({ supersedes_uid }) => supersedes_uid === null);
    const times = first.map(({ candle_open_time }) => Date.parse(candle_open_time)).reverse();
    expect(times.length).toBeGreaterThan(3);
    expect(times).toEqual(times.map((_, index) => (times[0] ?? 0) + index * HOUR_MS));
    for (const { uid } of own.slice(1)) expect(decided).toContain(uid);
  }
}

async function expectOnePositionEach(daemon: DaemonChild): Promise<void> {
  const list = listAnswer('positions', position);
  const { positions } = await daemon.get('/api/positions?limit=1000', list);
  const open = positions.filter(({ status }) => status !== 'closed').map(({ symbol }) => symbol);
  expect(new Set(open).size).toBe(open.length);
}
