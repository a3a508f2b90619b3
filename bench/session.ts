import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { session as sessionShape } from '../src/api/contract-training.js';
import { DaemonChild, withSite, type Site } from './daemon-child.js';
import type { Benchmark, Figure } from './harness/benchmark.js';
import { percentile } from './harness/statistics.js';
import { loadRecorded } from './markets.js';

const INSTRUMENTS = 100;
const HISTORY_DAYS = 183;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const LIMIT_MS = 30 * MINUTE_MS;
const POLL_MS = 250;
const SETTLE_MS = 5_000;

/** P1, P13: the sessions of a hundred instruments in a real daemon, with what it answers meanwhile. */
export const session: Benchmark = {
  name: 'session',
  bar: 'P1 P13',
  title: '100 instruments × 6 months through a running daemon: cold, reused',
  async run() {
    const markets = loadRecorded(INSTRUMENTS);
    const endMs = markets?.pairs[0]?.candles.at(-1)?.openTime;
    // Two hours before the recording's end: nothing closes while it is measured but what has to.
    const startMs =
      endMs === undefined ? Math.floor(Date.now() / HOUR_MS) * HOUR_MS : endMs - 2 * HOUR_MS;
    const site = { startMs, historyDays: HISTORY_DAYS, data: markets?.folder };
    return withSite(site, async (open) => {
      const symbols = markets?.pairs.map(({ symbol }) => symbol) ?? open.symbols;
      const figures = await measure(open, symbols.slice(0, INSTRUMENTS));
      return {
        figures,
        notes: [
          `${markets?.source ?? 'generated market'}; SQLite, default settings, market at real speed in another process`,
          'cold: the first session of an empty database, back-fill done; reused: the same once more by the API',
          `an analysis and the status are asked for every ${POLL_MS} ms during both`,
        ],
      };
    });
  },
};

async function measure(site: Site, symbols: readonly string[]): Promise<Figure[]> {
  const daemon = await DaemonChild.start(site, symbols);
  try {
    // The queue waits, so that the session begins when all candles are there.
    await daemon.post('/api/training/pause', {});
    await daemon.until(({ collection }) => collection.backfill_percent >= 100, {
      ...{ steadyMs: SETTLE_MS, limitMs: LIMIT_MS },
    });
    const cold = await watchSession(daemon, symbols);
    const reused = await watchSession(daemon, symbols);
    return [
      ...figuresOf('cold', cold, 360),
      ...figuresOf('reused', reused, 150),
      {
        name: 'models that serve at the end',
        value: (await daemon.status()).model.trained,
        unit: '',
      },
    ];
  } finally {
    await daemon.stop();
  }
}

interface Watched {
  readonly tookSec: number;
  readonly completed: number;
  readonly peakMb: number;
  readonly daemonPeakMb: number;
  readonly latenciesMs: readonly number[];
}

/** Asks for a session of all instruments and looks at everything until it has ended. */
async function watchSession(daemon: DaemonChild, symbols: readonly string[]): Promise<Watched> {
  const made = sessionShape.parse(
    await daemon.post('/api/training/sessions', { symbols, timeframes: ['1h'] }),
  );
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

function figuresOf(name: string, watched: Watched, atMost: number): Figure[] {
  const { tookSec, completed, peakMb, daemonPeakMb, latenciesMs } = watched;
  return [
    { name: `${name}: whole session`, value: tookSec, unit: 's', bar: { atMost } },
    { name: `${name}: jobs completed`, value: completed, unit: '' },
    { name: `${name}: daemon and trainer, peak`, value: peakMb, unit: 'MB', bar: { atMost: 600 } },
    { name: `${name}: daemon alone, peak`, value: daemonPeakMb, unit: 'MB', bar: { atMost: 200 } },
    { name: `${name}: API answers, p99`, value: percentile(latenciesMs, 0.99), unit: 'ms' },
  ];
}
