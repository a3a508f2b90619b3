import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { StatusAnswer } from '../src/api/contract/status.js';
import { session as sessionShape } from '../src/api/contract/training.js';
import type { ModelRecord } from '../src/domain/model-record.js';
import { DaemonChild, withSite, type Site } from './daemon-child.js';
import { fitSeconds } from './fit-seconds.js';
import type { Benchmark, Figure } from './harness/benchmark.js';
import { percentile } from './harness/statistics.js';
import { loadRecorded } from './markets.js';
import { withStores } from './site-stores.js';
import { PLAIN_BARS, BASE_MODEL_BARS, skillFigures } from './skill-figures.js';

const INSTRUMENTS = 100;
const HISTORY_DAYS = 183;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const LIMIT_MS = 30 * MINUTE_MS;
const POLL_MS = 250;
const RUNNING = { steadyMs: 0, limitMs: MINUTE_MS };
const FILLED = { steadyMs: 5_000, limitMs: LIMIT_MS };
/** Of market time, between the full sessions and the incremental one. */
const HOURS_PASSED = 6;
/** S6 looks at so many pairs, those with the largest turnover. */
const LIQUID_PAIRS = 24;

/** P1, P2, P13, S6: the sessions of a hundred instruments in a real daemon, with what it answers meanwhile. */
export const session: Benchmark = {
  name: 'session',
  bar: 'P1 P2 P13 S6',
  title: '100 instruments × 6 months through a running daemon: cold, reused, incremental, plain',
  async run() {
    const markets = loadRecorded(INSTRUMENTS);
    const endMs = markets?.pairs[0]?.candles.at(-1)?.openTime;
    // So much before the recording's end that there is something left for the increments.
    const leftMs = (HOURS_PASSED + 3) * HOUR_MS;
    const startMs =
      endMs === undefined ? Math.floor(Date.now() / HOUR_MS) * HOUR_MS : endMs - leftMs;
    const site = { startMs, historyDays: HISTORY_DAYS, data: markets?.folder };
    return withSite(site, async (open) => {
      const symbols = markets?.pairs.map(({ symbol }) => symbol) ?? open.symbols;
      const figures = await measure(open, symbols.slice(0, INSTRUMENTS));
      return {
        figures,
        notes: [
          `${markets?.source ?? 'generated market'}; SQLite, default settings, market at real speed in another process`,
          `incremental: ${HOURS_PASSED} hours of market time later; plain: then, POOLING=off, features chosen anew`,
          'cold: the first session of an empty database, back-fill done; reused: the same once more by the API',
          `an analysis and the status are asked for every ${POLL_MS} ms during all`,
        ],
      };
    });
  },
};

async function measure(site: Site, symbols: readonly string[]): Promise<Figure[]> {
  let daemon = await startTraining(site, symbols);
  try {
    // The queue waits, so that the session begins when all candles are there.
    await daemon.post('/api/training/pause', {});
    await daemon.until(isFilled, FILLED);
    const venue = (await daemon.status()).exchange.venue ?? '';
    const cold = await watchSession(daemon, { symbols });
    const residuals = await readTrained(site, { venue, symbols });
    const reused = await watchSession(daemon, { symbols });
    const again = await readTrained(site, { venue, symbols });
    const serving = (await daemon.status()).model.trained;
    await daemon.stop();
    await site.moveOn(HOURS_PASSED);
    daemon = await startTraining(site, symbols);
    await daemon.until(isFilled, FILLED);
    const incremental = await watchSession(daemon, { symbols, mode: 'incremental' });
    await daemon.stop();
    daemon = await startTraining(site, symbols, { POOLING: 'off' });
    await daemon.until(isFilled, FILLED);
    const plain = await watchSession(daemon, { symbols });
    const alone = await readTrained(site, { venue, symbols });
    return [
      ...figuresOf('cold', cold, { atMost: 360, ...residuals }),
      ...figuresOf('reused', reused, { atMost: 150, ...again }),
      ...figuresOf('incremental', incremental, { atMost: 30 }),
      ...figuresOf('plain', plain, alone),
      { name: 'models that serve after both', value: serving, unit: '' },
      ...skillFigures('plain', alone.liquid, PLAIN_BARS),
      ...skillFigures('prior + residual', residuals.liquid, BASE_MODEL_BARS),
    ];
  } finally {
    await daemon.stop();
  }
}

/** @returns a daemon that takes requests for training */
async function startTraining(...given: Parameters<typeof DaemonChild.start>): Promise<DaemonChild> {
  const daemon = await DaemonChild.start(...given);
  await daemon.until(({ state }) => state === 'running', RUNNING);
  return daemon;
}

function isFilled({ collection }: StatusAnswer): boolean {
  return collection.backfill_percent >= 100;
}

interface Trained {
  /** What the trainer spent in fits and refits, the base model included. */
  readonly fitSec: number;
  /** Of the pairs of S6. */
  readonly liquid: readonly ModelRecord[];
}

/** The newest records of the daemon's own database. */
async function readTrained(
  site: Site,
  { venue, symbols }: { readonly venue: string; readonly symbols: readonly string[] },
): Promise<Trained> {
  return withStores(site, async ({ models, baseModels }) => {
    const family = { venue, timeframe: '1h', bot: 'catboost' } as const;
    const found = await Promise.all(symbols.map((symbol) => models.latest({ ...family, symbol })));
    const records = found.filter((record) => record !== undefined);
    const [baseModel] = await baseModels.list(family, { status: 'ready', limit: 1 });
    const isUsed = records.some(({ parentUid }) => parentUid === baseModel?.uid);
    const fitSec = fitSeconds(records, baseModel !== undefined && isUsed ? [baseModel] : []);
    return { fitSec, liquid: records.slice(0, LIQUID_PAIRS) };
  });
}

interface Watched {
  readonly tookSec: number;
  readonly completed: number;
  readonly peakMb: number;
  readonly daemonPeakMb: number;
  readonly latenciesMs: readonly number[];
}

/** Asks for a session of all instruments and looks at everything until it has ended. */
async function watchSession(
  daemon: DaemonChild,
  { symbols, mode = 'full' }: { readonly symbols: readonly string[]; readonly mode?: string },
): Promise<Watched> {
  const wanted = { symbols, timeframes: ['1h'], config: { mode } };
  const made = sessionShape.parse(await daemon.post('/api/training/sessions', wanted));
  await daemon.post(`/api/training/sessions/${made.sessionId}/start`, {});
  await daemon.post('/api/training/resume', {});
  const startedAt = performance.now();
  const latenciesMs: number[] = [];
  let [peakMb, daemonPeakMb] = [0, 0];
  for (;;) {
    const tookSec = (performance.now() - startedAt) / 1000;
    const seen = await readSession(daemon, made.sessionId);
    if (seen.status !== 'running') {
      return { tookSec, completed: seen.jobsSummary.completed, peakMb, daemonPeakMb, latenciesMs };
    }
    if (tookSec * 1000 > LIMIT_MS) throw new Error(`still running: ${JSON.stringify(seen)}`);
    for (const path of ['/api/status', `/api/analysis/${marketId(symbols)}`]) {
      latenciesMs.push(await daemon.time(path));
    }
    peakMb = Math.max(peakMb, daemon.treeRssMb());
    daemonPeakMb = Math.max(daemonPeakMb, daemon.ownRssMb());
    await sleep(POLL_MS);
  }
}

async function readSession(
  daemon: DaemonChild,
  uid: string,
): Promise<z.infer<typeof sessionShape>> {
  return sessionShape.parse(await daemon.get(`/api/training/sessions/${uid}`));
}

function marketId([first = '']: readonly string[]): string {
  return first.replace('/', '');
}

function figuresOf(
  name: string,
  { tookSec, completed, peakMb, daemonPeakMb, latenciesMs }: Watched,
  held: { readonly atMost?: number; readonly fitSec?: number },
): Figure[] {
  const { atMost, fitSec } = held;
  const bar = atMost === undefined ? {} : { bar: { atMost } };
  const ratio = { value: tookSec / (fitSec ?? NaN), unit: '×' };
  return [
    {
      ...{ name: `${name}: whole session`, value: tookSec, unit: 's', ...bar },
      ...(fitSec === undefined ? {} : { baseline: fitSec }),
    },
    ...(fitSec === undefined ? [] : [{ name: `${name}: against its bare fits`, ...ratio }]),
    { name: `${name}: jobs completed`, value: completed, unit: '' },
    { name: `${name}: daemon and trainer, peak`, value: peakMb, unit: 'MB', bar: { atMost: 600 } },
    { name: `${name}: daemon alone, peak`, value: daemonPeakMb, unit: 'MB', bar: { atMost: 200 } },
    { name: `${name}: API answers, p99`, value: percentile(latenciesMs, 0.99), unit: 'ms' },
  ];
}
