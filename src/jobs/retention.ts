import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isTimeframe, timeframeMs, type Timeframe } from '../domain/timeframe.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { KeptKind } from '../storage/stores/retention-store.js';
import type { Stores } from '../storage/stores.js';

const DAY_MS = 86_400_000;
/** Candles that open positions need before the one in which they were opened. */
const BARS_BEFORE_POSITION = 640;

/** Days to keep of each kind; 0 = for ever. */
export interface RetentionRules {
  readonly pricesDays: number;
  readonly candlesDays: number;
  readonly predictionsDays: number;
  readonly signalsDays: number;
  readonly decisionsDays: number;
  readonly equityDays: number;
  readonly reconciliationsDays: number;
  readonly jobsDays: number;
  readonly recordsDays: number;
  readonly runsDays: number;
  readonly quarantineDays: number;
  readonly importsDays: number;
}

export interface RetentionOptions {
  readonly rules: RetentionRules;
  readonly venue: string;
  /** Bars of a timeframe that training reads, with what its first row looks back on. */
  readonly neededBars: (timeframe: Timeframe) => number;
  /** Folders with a file for each import: what became of it, and the lines that were refused. */
  readonly importFolders: readonly string[];
  readonly stores: Pick<Stores, 'prices' | 'retention' | 'series'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Deletes what is older than the settings say, of this daemon's venue alone: another venue has another
 * time. Rows about candles go by market time, rows about this machine's work by its own clock.
 */
export function retention(options: RetentionOptions): (signal: AbortSignal) => Promise<void> {
  const { logger, rules, stores, venue, clock } = options;
  return async (signal) => {
    const { retention: store } = stores;
    const of = async (kind: KeptKind, days: number, nowMs: number): Promise<number> =>
      days === 0 ? 0 : store.remove(kind, { venue, before: nowMs - days * DAY_MS, signal });
    const [marketMs, wallMs] = [clock.marketMs(), clock.wallMs()];
    const removed = {
      prices: await removePrices(options),
      candles: await removeCandles(options, signal),
      quarantined: await removeQuarantined(options, signal),
      predictions: await of('predictions', rules.predictionsDays, marketMs),
      shadowAnswers: await of('shadowAnswers', rules.predictionsDays, marketMs),
      // In this order: a signal goes once its decision is gone.
      decisions: await of('decisions', rules.decisionsDays, marketMs),
      signals: await of('signals', rules.signalsDays, marketMs),
      equity: await of('equity', rules.equityDays, marketMs),
      reconciliations: await of('reconciliations', rules.reconciliationsDays, marketMs),
      jobs: await of('jobs', rules.jobsDays, wallMs),
      // After the jobs, for the same reason.
      baseModels: await of('baseModels', rules.jobsDays, wallMs),
      records: await of('records', rules.recordsDays, marketMs),
      runs: await of('runs', rules.runsDays, wallMs),
      importFiles: await removeImportFiles(options, signal),
    };
    if (rules.jobsDays > 0) {
      await store.removeEmptySessions(wallMs - rules.jobsDays * DAY_MS, signal);
    }
    const some = Object.entries(removed).filter(([, count]) => count > 0);
    if (some.length > 0) logger.info('Deleted what need not be kept', Object.fromEntries(some));
  };
}

async function removePrices({ rules, stores, venue, clock }: RetentionOptions): Promise<number> {
  if (rules.pricesDays === 0) return 0;
  return stores.prices.prune(clock.marketMs() - rules.pricesDays * DAY_MS, venue);
}

async function removeCandles(options: RetentionOptions, signal: AbortSignal): Promise<number> {
  const { rules, stores, venue, clock, neededBars } = options;
  if (rules.candlesDays === 0) return 0;
  let removed = 0;
  for (const { id, symbol, timeframe } of await stores.series.list({ venue })) {
    if (!isTimeframe(timeframe)) continue;
    const barMs = timeframeMs(timeframe);
    const opened = await stores.retention.oldestOpenPosition(venue, symbol);
    const before = Math.min(
      clock.marketMs() - rules.candlesDays * DAY_MS,
      // One bar more: the newest one may not be stored yet.
      clock.marketMs() - (neededBars(timeframe) + 1) * barMs,
      opened === undefined ? Infinity : opened - BARS_BEFORE_POSITION * barMs,
    );
    removed += await stores.retention.removeCandles(id, { before, signal });
  }
  return removed;
}

async function removeQuarantined(options: RetentionOptions, signal: AbortSignal): Promise<number> {
  const { rules, stores, venue, clock } = options;
  if (rules.quarantineDays === 0) return 0;
  const before = clock.wallMs() - rules.quarantineDays * DAY_MS;
  let removed = 0;
  for (const { id } of await stores.series.list({ venue })) {
    removed += await stores.retention.removeQuarantined(id, { before, signal });
  }
  return removed;
}

async function removeImportFiles(
  { rules, importFolders, clock }: RetentionOptions,
  signal: AbortSignal,
): Promise<number> {
  if (rules.importsDays === 0) return 0;
  const before = clock.wallMs() - rules.importsDays * DAY_MS;
  let removed = 0;
  for (const folder of importFolders) {
    for (const file of await filesIn(folder)) {
      if (signal.aborted) return removed;
      if ((await stat(file)).mtimeMs >= before) continue;
      await rm(file, { force: true });
      removed += 1;
    }
  }
  return removed;
}

async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.flatMap((one) => (one.isFile() ? [path.join(folder, one.name)] : []));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
