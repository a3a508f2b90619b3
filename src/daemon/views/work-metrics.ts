import { Gauge, type Registry } from 'prom-client';
import { PRIORITIES } from '../../domain/training-job.js';
import { HaltError, TransientError } from '../../lib/errors.js';
import { sharedRead } from '../../lib/shared-read.js';
import type { DaemonPhase, ReadPhase } from '../phases.js';

/** Figures that cost a query are at most so old, wall time: many may scrape. */
const FIGURE_AGE_MS = 10_000;

type TradingPhase = Extract<DaemonPhase, { readonly name: 'standby' | 'active' }>;

/** Figures of models, queue, books and collection that are read when they are asked for. */
export function addWorkMetrics(registry: Registry, readPhase: ReadPhase): void {
  addQueue(registry, readPhase);
  addModels(registry, readPhase);
  addBooks(registry, readPhase);
  addCollection(registry, readPhase);
  addDatabase(registry, readPhase);
  addNotifications(registry, readPhase);
}

function addQueue(registry: Registry, readPhase: ReadPhase): void {
  const read = whileAnswering(readPhase, (phase) =>
    phase.stores.jobs.tally({ venue: phase.market.data.venue }),
  );
  gauge(registry, 'queue_jobs', 'Training jobs that wait, by priority', {
    labelNames: ['priority'],
    collect: async (set) => {
      const tally = (await read()) ?? [];
      for (const priority of PRIORITIES) {
        const waiting = tally.filter(
          (one) => one.status === 'pending' && one.priority === priority,
        );
        set(
          waiting.reduce((sum, { jobs }) => sum + jobs, 0),
          { priority },
        );
      }
    },
  });
}

/** Of all models together: one figure for each of them would be hundreds of series. */
function addModels(registry: Registry, readPhase: ReadPhase): void {
  const readAges = whileAnswering(readPhase, async ({ stores, market }) => {
    const { venue, clock } = market.data;
    const trained = await stores.models.listTrainedAt(venue);
    return trained.map((trainedAt) => (clock.marketMs() - trainedAt) / 1000);
  });
  gauge(registry, 'model_age_seconds', 'Market time since the fit of the models that serve', {
    labelNames: ['statistic'],
    collect: async (set) => {
      const ages = (await readAges()) ?? [];
      set(quantile(ages, 0.5), { statistic: 'median' });
      set(quantile(ages, 1), { statistic: 'oldest' });
    },
  });
  const readSkills = whileAnswering(readPhase, async ({ stores, market }) => {
    const drifts = await stores.drift.list(market.data.venue);
    return drifts.flatMap(({ report: { liveSkill } }) => liveSkill ?? []);
  });
  gauge(registry, 'model_live_skill', 'Skill of models on their own signals, at the last look', {
    labelNames: ['statistic'],
    collect: async (set) => {
      const skills = (await readSkills()) ?? [];
      set(quantile(skills, 0.5), { statistic: 'median' });
      set(quantile(skills, 0), { statistic: 'worst' });
    },
  });
}

function addBooks(registry: Registry, readPhase: ReadPhase): void {
  const readPeak = whileAnswering(readPhase, async ({ stores, market, trading }) => {
    const book = { venue: market.data.venue, account: trading.status().account };
    const peakFrom = (await stores.halts.lastResumedAt(book)) ?? 0;
    const nowMs = market.data.clock.marketMs();
    const { highest } = await stores.equity.marksSince(book, { peakFrom, firstFrom: nowMs });
    return highest?.equity.toNumber();
  });
  gauge(registry, 'drawdown_ratio', 'Loss from the highest value of the books, as a share of it', {
    collect: async (set) => {
      const phase = readPhase();
      const equity = 'trading' in phase ? phase.trading.status().books?.equity : undefined;
      const peak = await readPeak();
      if (equity === undefined || peak === undefined || peak <= 0) set(NaN);
      else set(Math.max(0, 1 - equity.toNumber() / peak));
    },
  });
  const readUnsettled = whileAnswering(readPhase, ({ stores, market, trading }) => {
    const { account } = trading.status();
    return stores.orders.listUnsettled({ venue: market.data.venue, account });
  });
  const help = 'Orders whose end is not known, without stops that rest at the venue';
  gauge(registry, 'orders_unsettled', help, {
    collect: async (set) => {
      const unsettled = (await readUnsettled()) ?? [];
      set(unsettled.filter(({ kind }) => kind !== 'stop').length);
    },
  });
}

function addCollection(registry: Registry, readPhase: ReadPhase): void {
  gauge(registry, 'collection_lag_bars', 'Closed bars that the series furthest behind lacks', {
    collect: (set) => {
      const phase = readPhase();
      const series = 'collector' in phase ? phase.collector.status().series : [];
      const behind = series.filter(({ state }) => state === 'following');
      set(Math.max(0, ...behind.map(({ barsBehind }) => barsBehind)));
    },
  });
}

function addDatabase(registry: Registry, readPhase: ReadPhase): void {
  gauge(
    registry,
    'database_latency_seconds',
    'How long the database takes to answer one question',
    {
      collect: async (set) => {
        const { database } = readPhase();
        const startedAt = performance.now();
        const isAnswered = await database.ask('SELECT 1').then(
          () => true,
          () => false,
        );
        set(isAnswered ? (performance.now() - startedAt) / 1000 : NaN);
      },
    },
  );
}

function addNotifications(registry: Registry, readPhase: ReadPhase): void {
  gauge(registry, 'notifications_failing', '1 while a channel does not take notifications', {
    labelNames: ['channel'],
    collect: (set) => {
      const { notifications } = readPhase();
      const failing = new Set(notifications.faults().map(({ channel }) => channel));
      for (const channel of notifications.channels) set(failing.has(channel) ? 1 : 0, { channel });
    },
  });
}

type SetValue = (value: number, labels?: Readonly<Record<string, string>>) => void;

function gauge(
  registry: Registry,
  name: string,
  help: string,
  options: {
    readonly labelNames?: readonly string[];
    readonly collect: (set: SetValue) => void | Promise<void>;
  },
): void {
  new Gauge({
    name: `evenkeel_${name}`,
    help,
    labelNames: [...(options.labelNames ?? [])],
    registers: [registry],
    async collect() {
      await options.collect((value, labels = {}) => this.set(labels, value));
    },
  });
}

/** Undefined while the venue is not known or the database does not answer: that is said elsewhere. */
function whileAnswering<T>(
  readPhase: ReadPhase,
  read: (phase: TradingPhase) => Promise<T>,
): () => Promise<T | undefined> {
  const attempt = async (): Promise<T | undefined> => {
    const phase = readPhase();
    if (!('trading' in phase)) return undefined;
    try {
      return await phase.databaseWatch.whileAnswering(() => read(phase));
    } catch (error) {
      if (error instanceof TransientError || error instanceof HaltError) return undefined;
      throw error;
    }
  };
  return sharedRead(attempt, { clock: readPhase().wallClock, maxAgeMs: FIGURE_AGE_MS });
}

/** @param share 0 for the smallest, 1 for the largest */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
}
