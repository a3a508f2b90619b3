import PQueue from 'p-queue';
import type { Candle } from '../domain/candle.js';
import { HaltError, messageOf, RejectedError } from '../lib/errors.js';
import { growingPauseMs } from '../lib/growing-pause.js';
import type { MarketClock } from '../exchange/venue-clock.js';
import { backfillSeries } from './backfill.js';
import { followSeries, isDue, wallMsUntilDue } from './follow-up.js';
import { recheckGaps } from './gap-recheck.js';
import type { FillContext } from './gap-repair.js';
import { historyBars, type HistorySettings } from './history-depth.js';
import {
  pauseLeftMs,
  REFUSED_RETRY_MS,
  RETRY_MAX_MS,
  nameOf,
  type TrackedSeries,
} from './tracked-series.js';
import { quarantineFuture } from './quarantine-future.js';
import { repairSeries } from './series-repair.js';

/** Series under way at once; the venue's limiter decides how fast their requests leave. */
const BACKFILLS_AT_ONCE = 6;
const FOLLOW_UPS_AT_ONCE = 16;
/** Longest rest between two checks of the clock: the machine may have slept meanwhile. */
const MAX_REST_MS = 5_000;
const MIN_REST_MS = 10;
/** Between two rounds over the known gaps of a series, in market time and at least in wall time. */
const GAP_ROUND_MARKET_MS = 3_600_000;
const GAP_ROUND_MS = 60_000;
/** After a failure, and while a venue has not published a bar yet. */
const RETRY = { firstMs: 250, longestMs: RETRY_MAX_MS } as const;

export interface ScheduleContext extends Omit<FillContext, 'signal'> {
  readonly clock: MarketClock;
  readonly history: HistorySettings;
  /** Market time that a venue is given to publish a bar after its close. */
  readonly followDelayMs: number;
  readonly onReady: (tracked: TrackedSeries) => void;
  readonly onClosed: (tracked: TrackedSeries, candles: readonly Candle[]) => void;
}

/** Decides which series is back-filled or followed next, and keeps failures to their own series. */
export class CollectionSchedule {
  readonly #context: ScheduleContext;
  readonly #backfills = new PQueue({ concurrency: BACKFILLS_AT_ONCE });
  readonly #followUps = new PQueue({ concurrency: FOLLOW_UPS_AT_ONCE });
  /** Ends the rest between two checks early when a piece of work has finished. */
  #resting = new AbortController();

  constructor(context: ScheduleContext) {
    this.#context = context;
  }

  /** Runs until the signal aborts with the series of each moment, and resolves when nothing is under way any more. */
  async run(tracked: () => readonly TrackedSeries[], signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#resting.abort();
    signal.addEventListener('abort', onAbort, { once: true });
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      for (const one of tracked()) this.#startIfDue(one, signal);
      await this.#rest(tracked());
    }
    signal.removeEventListener('abort', onAbort);
    this.#backfills.clear();
    this.#followUps.clear();
    await Promise.all([this.#backfills.onIdle(), this.#followUps.onIdle()]);
  }

  /** Looks at once for what is due. */
  wake(): void {
    this.#resting.abort();
  }

  #startIfDue(one: TrackedSeries, signal: AbortSignal): void {
    const { clock, followDelayMs } = this.#context;
    if (one.isBusy || pauseLeftMs(one, clock) > 0) return;
    if (one.state !== 'following') {
      one.isBusy = true;
      void this.#backfills.add(() => this.#attempt(one, signal, () => this.#backfill(one, signal)));
    } else if (isDue(one, clock, followDelayMs)) {
      one.isBusy = true;
      void this.#followUps.add(() => this.#attempt(one, signal, () => this.#follow(one, signal)));
    } else if (one.isRepairWanted) {
      one.isBusy = true;
      void this.#backfills.add(() => this.#attempt(one, signal, () => this.#repair(one, signal)));
    } else if (clock.marketMs() >= one.gapsDueAt) {
      one.isBusy = true;
      void this.#followUps.add(() => this.#attempt(one, signal, () => this.#recheck(one, signal)));
    }
  }

  async #rest(tracked: readonly TrackedSeries[]): Promise<void> {
    const { clock } = this.#context;
    const waits = tracked.filter((one) => !one.isBusy).map((one) => this.#waitOf(one));
    const restMs = Math.max(MIN_REST_MS, Math.min(MAX_REST_MS, ...waits));
    const resting = this.#resting;
    if (!resting.signal.aborted) {
      await clock.sleep(restMs, resting.signal).catch(() => undefined);
    }
    this.#resting = new AbortController();
  }

  #waitOf(one: TrackedSeries): number {
    const { clock, followDelayMs } = this.#context;
    if (one.state === 'following') {
      const gapsMs = Math.max(pauseLeftMs(one, clock), clock.wallMsUntil(one.gapsDueAt));
      return Math.min(gapsMs, wallMsUntilDue(one, clock, followDelayMs));
    }
    return pauseLeftMs(one, clock);
  }

  async #backfill(one: TrackedSeries, signal: AbortSignal): Promise<void> {
    const { clock, history, onReady } = this.#context;
    one.state = 'backfilling';
    const depth = historyBars(one.series.timeframe, history);
    const context = { ...this.#context, signal };
    await quarantineFuture(one, clock, context);
    const options = { historyBars: depth, marketMs: clock.marketMs() };
    await backfillSeries(one, options, context);
    one.state = 'following';
    // Listeners read what is stored themselves once a series is ready.
    one.announcedUntil = one.newestOpenTime;
    onReady(one);
  }

  async #follow(one: TrackedSeries, signal: AbortSignal): Promise<void> {
    const { candles, hasProgress } = await followSeries(one, { ...this.#context, signal });
    if (!hasProgress) this.#pause(one);
    const newest = candles.at(-1);
    if (newest === undefined) return;
    one.announcedUntil = newest.openTime;
    this.#context.onClosed(one, candles);
  }

  async #repair(one: TrackedSeries, signal: AbortSignal): Promise<void> {
    const { clock, history } = this.#context;
    const options = {
      historyBars: historyBars(one.series.timeframe, history),
      marketMs: clock.marketMs(),
    };
    one.lastRepair = await repairSeries(one, options, { ...this.#context, signal });
    one.isRepairWanted = false;
  }

  /** Known gaps are looked through once an hour of market time, and never more often than each minute. */
  async #recheck(one: TrackedSeries, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#context;
    const found = await recheckGaps(one, { ...this.#context, signal });
    if (found > 0) logger.info(`The venue has ${found} late candles of ${nameOf(one)}`);
    one.gapsDueAt = clock.marketMs() + Math.max(GAP_ROUND_MARKET_MS, GAP_ROUND_MS * clock.speed);
  }

  /** Runs one piece of work; its failure is this series' alone. */
  async #attempt(
    one: TrackedSeries,
    signal: AbortSignal,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      const failuresBefore = one.failures;
      signal.throwIfAborted();
      await this.#context.safePoint();
      await work();
      this.#noteSuccess(one, failuresBefore);
    } catch (error) {
      if (!signal.aborted) this.#noteFailure(one, error);
    } finally {
      one.isBusy = false;
      this.#resting.abort();
    }
  }

  #noteSuccess(one: TrackedSeries, failuresBefore: number): void {
    if (one.lastError !== undefined) {
      this.#context.logger.info(`${nameOf(one)} is collected again`, { failures: failuresBefore });
    }
    // An unpublished bar counts up the pause without being an error.
    if (one.failures === failuresBefore) {
      one.failures = 0;
      one.notBeforeWallMs = 0;
    }
    one.lastError = undefined;
    one.isRefused = false;
  }

  #noteFailure(one: TrackedSeries, error: unknown): void {
    const reason = messageOf(error);
    if (one.lastError === undefined) {
      const level = error instanceof HaltError ? 'error' : 'warn';
      this.#context.logger[level](`${nameOf(one)} cannot be collected now`, { reason });
    }
    one.lastError = reason;
    if (one.state !== 'following') one.state = 'failed';
    one.isRefused = error instanceof RejectedError;
    if (one.isRefused) {
      one.notBeforeWallMs = this.#context.clock.wallMs() + REFUSED_RETRY_MS;
    } else {
      this.#pause(one);
    }
  }

  #pause(one: TrackedSeries): void {
    one.failures++;
    one.notBeforeWallMs = this.#context.clock.wallMs() + growingPauseMs(one.failures, RETRY);
  }
}
