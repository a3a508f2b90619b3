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
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const LIMIT_MS = 30 * MINUTE_MS;
const POLL_MS = 250;
const RUNNING = { steadyMs: 0, limitMs: MINUTE_MS };
const FILLED = { steadyMs: 5_000, limitMs: LIMIT_MS };
/** Market time between the full sessions and the incremental one. */
const HOURS_PASSED = 6;
/** S6 is judged on the pairs with the largest turnover. */
const LIQUID_PAIRS = 24;

/** What two trainers need. */
const TWO_PROCESSES = { TRAIN_PROCESSES: '2', TRAIN_MEMORY_MB: '800' };

/** P1, P2, P13, S6: training a hundred instruments in a real daemon, while its API is called. */
export const session: Benchmark = {
  name: 'session',
  bar: 'P1 P2 P13 S6',
  title:
    '100 instruments × 6 months through a running daemon: first start, reused, incremental, plain',
  async run() {
    const markets = loadRecorded(INSTRUMENTS);
    const endMs = markets?.pairs[0]?.candles.at(-1)?.openTime;
    // The increments need candles that come after the full sessions.
    const leftMs = (HOURS_PASSED + 3) * HOUR_MS;
    const startMs =
      endMs === undefined ? Math.floor(Date.now() / HOUR_MS) * HOUR_MS : endMs - leftMs;
    const site = { startMs, data: markets?.folder };
    return withSite(site, async (open) => {
      const symbols = markets?.pairs.map(({ symbol }) => symbol) ?? open.symbols;
      const figures = await measure(open, symbols.slice(0, INSTRUMENTS));
      return {
        figures,
        notes: [
          `${markets?.source ?? 'generated market'}; SQLite, default settings, market at real speed in another process`,
          'two processes: reused once more by a daemon with TRAIN_PROCESSES=2 and TRAIN_MEMORY_MB=800',
          `incremental: ${HOURS_PASSED} hours of market time later; plain: then, POOLING=off, features selected again`,
          'first start: a daemon in an empty folder decides by itself when to train; from the end of its back-fill to the last verdict',
          'reused: all instruments once more, requested over the API',
          `status and one analysis are requested every ${POLL_MS} ms throughout`,
        ],
      };
    });
  },
};

async function measure(site: Site, symbols: readonly string[]): Promise<Figure[]> {
  let daemon = await DaemonChild.start(site, symbols);
  try {
    const first = await watchFirstTraining(daemon, symbols);
    const venue = (await daemon.status()).exchange.venue ?? '';
    const residuals = await readTrained(site, { venue, symbols });
    const reused = await watchSession(daemon, { symbols });
    const again = await readTrained(site, { venue, symbols });
    const serving = (await daemon.status()).model.trained;
    await daemon.stop();
    daemon = await startTraining(site, symbols, TWO_PROCESSES);
    await daemon.until(isFilled, FILLED);
    const two = await watchSession(daemon, { symbols });
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
      ...figuresOf('first start', first, { ratioAtMost: 1.4, ...residuals }),
      { name: 'first start: sessions', value: first.sessions, unit: '', bar: { atMost: 1 } },
      {
        name: 'first start: fits of a base model',
        value: residuals.baseModels,
        unit: '',
        bar: { atMost: 1 },
      },
      ...figuresOf('reused', reused, { ratioAtMost: 1.15, ...again }),
      ...besideOne(two, reused),
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
  return collection.series >= INSTRUMENTS && collection.backfill_percent >= 100;
}

interface Trained {
  /** What the trainer spent in fits and refits, the base model included. */
  readonly fitSec: number;
  /** Base models that were fitted since the database is there. */
  readonly baseModels: number;
  /** The newest records of the pairs of S6. */
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
    const ready = await baseModels.list(family, { status: 'ready', limit: symbols.length });
    const used = ready.filter(({ uid }) => records.some(({ parentUid }) => parentUid === uid));
    return {
      fitSec: fitSeconds(records, used),
      baseModels: ready.length,
      liquid: records.slice(0, LIQUID_PAIRS),
    };
  });
}

interface Watched {
  readonly tookSec: number;
  readonly completed: number;
  readonly sessions: number;
  readonly peakMb: number;
  readonly daemonPeakMb: number;
  readonly latenciesMs: readonly number[];
  /** Of the daemon and all that it started. */
  readonly processorSec: number;
}

/** How far a training is. */
interface TrainingState {
  readonly isOver: boolean;
  readonly completed: number;
  readonly sessions: number;
}

/** Watches what an empty daemon does by itself, from the end of its back-fill. */
async function watchFirstTraining(
  daemon: DaemonChild,
  symbols: readonly string[],
): Promise<Watched> {
  await daemon.until(isFilled, { steadyMs: 0, limitMs: LIMIT_MS });
  return watch(daemon, symbols, async () => {
    const sessions = await daemon.sessions();
    const count = (status: 'completed' | 'failed'): number =>
      sessions.reduce((sum, { jobsSummary }) => sum + jobsSummary[status], 0);
    const completed = count('completed');
    const isOver = completed + count('failed') >= symbols.length;
    return { isOver, completed, sessions: sessions.length };
  });
}

/** Requests a session of all instruments and watches it. */
async function watchSession(
  daemon: DaemonChild,
  { symbols, mode = 'full' }: { readonly symbols: readonly string[]; readonly mode?: string },
): Promise<Watched> {
  const wanted = { symbols, timeframes: ['1h'], config: { mode } };
  const made = sessionShape.parse(await daemon.post('/api/training/sessions', wanted));
  await daemon.post(`/api/training/sessions/${made.sessionId}/start`, {});
  return watch(daemon, symbols, async () => {
    const { status, jobsSummary } = await readSession(daemon, made.sessionId);
    return { isOver: status !== 'running', completed: jobsSummary.completed, sessions: 1 };
  });
}

/** Samples memory and the time of API calls until a training is over. */
async function watch(
  daemon: DaemonChild,
  symbols: readonly string[],
  read: () => Promise<TrainingState>,
): Promise<Watched> {
  const startedAt = performance.now();
  const latenciesMs: number[] = [];
  const processorBeforeMs = daemon.treeProcessorMs();
  let [peakMb, daemonPeakMb] = [0, 0];
  for (;;) {
    const tookSec = (performance.now() - startedAt) / 1000;
    const { isOver, completed, sessions } = await read();
    if (isOver) {
      const processorSec = (daemon.treeProcessorMs() - processorBeforeMs) / 1000;
      return { tookSec, completed, sessions, peakMb, daemonPeakMb, latenciesMs, processorSec };
    }
    if (tookSec * 1000 > LIMIT_MS) throw new Error(`still training after ${LIMIT_MS / 60_000} min`);
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

/** The same session by two trainers and by one. Memory has a limit of its own there. */
function besideOne(two: Watched, one: Watched): Figure[] {
  const name = 'two processes';
  const figures = figuresOf(name, two, {}).map(({ name: figure, value, unit }): Figure => ({
    name: figure,
    value,
    unit,
  }));
  const share = { name: `${name}: in terms of one`, value: two.tookSec / one.tookSec, unit: '×' };
  return [...figures, { ...share, bar: { atMost: 0.6 } }];
}

function figuresOf(
  name: string,
  { tookSec, completed, peakMb, daemonPeakMb, latenciesMs, processorSec }: Watched,
  limits: { readonly atMost?: number; readonly ratioAtMost?: number; readonly fitSec?: number },
): Figure[] {
  const { atMost, ratioAtMost, fitSec } = limits;
  const figures: Figure[] = [
    {
      name: `${name}: whole session`,
      value: tookSec,
      unit: 's',
      ...(atMost === undefined ? {} : { bar: { atMost } }),
      ...(fitSec === undefined ? {} : { baseline: fitSec }),
    },
    { name: `${name}: jobs completed`, value: completed, unit: '' },
    { name: `${name}: processor time of all`, value: processorSec, unit: 's' },
    { name: `${name}: daemon and trainer, peak`, value: peakMb, unit: 'MB', bar: { atMost: 600 } },
    { name: `${name}: daemon alone, peak`, value: daemonPeakMb, unit: 'MB', bar: { atMost: 200 } },
    { name: `${name}: API answers, p99`, value: percentile(latenciesMs, 0.99), unit: 'ms' },
  ];
  if (fitSec === undefined) return figures;
  const bar = ratioAtMost === undefined ? {} : { bar: { atMost: ratioAtMost } };
  const ratio = { name: `${name}: in terms of its bare fits`, value: tookSec / fitSec, unit: '×' };
  return [...figures, { ...ratio, ...bar }];
}
