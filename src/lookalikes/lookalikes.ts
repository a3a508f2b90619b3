import { EMBEDDING_BOT } from '../domain/bots.js';
import type { Series } from '../domain/market.js';
import type { ModelKey } from '../domain/model-key.js';
import { barIndex, type Timeframe } from '../domain/timeframe.js';
import type { Clock } from '../lib/clock.js';
import { messageOf, RejectedError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { Stores } from '../storage/stores.js';
import type { TrainingSessions } from '../training/queue/training-sessions.js';
import { extentOf, pairWithReference, type Basis, type Extent } from './sessions/read-extent.js';
import type { LookalikeIndex } from './worker/lookalike-index.js';
import type { EmbeddedSeries, FindAnswer } from './worker/lookalike-protocol.js';

/** Wall time between two looks at which series are to be built. */
const PLAN_EVERY_MS = 10 * 60_000;
/** The same for a question about what is not built. */
const ASKED_PLAN_MS = 5_000;
/** Wall time after which a job that failed or was cancelled is queued again by the daemon. */
const RETRY_AFTER_MS = 3_600_000;
/** More bars than these behind, a series is caught up by a job. */
const MOST_BARS_BEHIND = 500;
/** Wall time without a question after which the memory of the rows is given back. */
const REST_AFTER_MS = 10 * 60_000;

export interface LookalikesOptions {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly venue: string;
  readonly basis: Basis;
  /** Every stored timeframe is embedded from the start on, instead of those that were asked for. */
  readonly isAlways: boolean;
  readonly index: LookalikeIndex;
  readonly sessions: () => Pick<TrainingSessions, 'request'>;
}

export interface LookalikeQuestion {
  readonly key: Series;
  /** Open time of a closed bar; the newest one where undefined. */
  readonly openTime: number | undefined;
  readonly count: number;
  /** Windows of the same symbol only, or of every one. */
  readonly scope: 'symbol' | 'all';
}

export type LookalikeOutcome =
  | (Exclude<FindAnswer, { status: 'not_built' }> & { readonly seriesTotal: number })
  /** The index is being built, by that session where one is known. */
  | {
      readonly status: 'building';
      readonly sessionUid: string | undefined;
      readonly seriesTotal: number;
    };

/** Keeps windows of stored series current, and finds those that resemble one. */
export class Lookalikes {
  readonly #options: LookalikesOptions;
  /** Timeframes whose windows are kept. */
  readonly #kept = new Set<Timeframe>();
  /** Timeframes with a bar that closed and is not in the files yet. */
  readonly #closed = new Set<Timeframe>();
  /** The end of what is done to the files of a timeframe. */
  readonly #tasks = new Map<Timeframe, Promise<void>>();
  #isStopped = false;
  #plannedAt = -Infinity;
  /** Undefined while no rows are in memory. */
  #askedAt: number | undefined;

  constructor(options: LookalikesOptions) {
    this.#options = options;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#tasks.values());
    await this.#options.index.stop();
  }

  async find({ key, openTime, count, scope }: LookalikeQuestion): Promise<LookalikeOutcome> {
    const { index, clock } = this.#options;
    this.#askedAt = clock.wallMs();
    const all = await this.#list((series) => series.timeframe === key.timeframe);
    const own = all.find(({ series }) => series.symbol === key.symbol);
    if (own === undefined) throw new RejectedError(`There is no series of ${key.symbol}`);
    const isNews = !this.#kept.has(key.timeframe);
    this.#kept.add(key.timeframe);
    if (isNews) await this.#plan();
    await this.#catchUp(own);
    const asked = openTime === undefined ? undefined : barIndex(openTime, key.timeframe);
    const among = scope === 'all' ? all : [own];
    const answer = await index.find({ among, symbol: key.symbol, index: asked, count });
    const seriesTotal = among.length;
    if (answer.status !== 'not_built') return { ...answer, seriesTotal };
    let sessionUid = await this.#findSession(own);
    if (sessionUid === undefined && clock.wallMs() - this.#plannedAt >= ASKED_PLAN_MS) {
      await this.#plan();
      sessionUid = await this.#findSession(own);
    }
    return { status: 'building', sessionUid, seriesTotal };
  }

  /** Queues the series that are to be built or caught up. Called in each analysis cycle. */
  async poll(): Promise<void> {
    const { clock, index } = this.#options;
    const now = clock.wallMs();
    if (now - this.#plannedAt >= PLAN_EVERY_MS) await this.#plan();
    const isUnasked = this.#askedAt !== undefined && now - this.#askedAt >= REST_AFTER_MS;
    if (!isUnasked || this.#tasks.size > 0) return;
    this.#askedAt = undefined;
    await index.rest();
  }

  /** A bar of the series has closed and is stored. */
  closed({ timeframe }: Series): void {
    // Series close together: one pass serves all that closed before it began.
    if (!this.#kept.has(timeframe) || this.#closed.has(timeframe)) return;
    this.#closed.add(timeframe);
    this.#enqueue(timeframe, async () => {
      this.#closed.delete(timeframe);
      for (const pair of await this.#list((series) => series.timeframe === timeframe)) {
        await this.#catchUp(pair);
      }
    });
  }

  /** Candles changed from that open time on: rows from there on are computed again. */
  revised(series: Series, fromOpenTime: number): void {
    const { timeframe } = series;
    if (!this.#kept.has(timeframe)) return;
    const { basis, index } = this.#options;
    const from = barIndex(fromOpenTime, timeframe);
    const isReference = series.symbol === basis.referenceSymbol;
    this.#enqueue(timeframe, async () => {
      const isMeant = (one: Series): boolean =>
        one.timeframe === timeframe && (isReference || one.id === series.id);
      const pairs = await this.#list(isMeant);
      for (const pair of pairs) await index.cut(pair.series, from);
      for (const pair of pairs) await this.#catchUp(pair);
      // What changed far back is left to jobs.
      this.#plannedAt = -Infinity;
    });
  }

  /** Older candles may have come, from which windows are to be made, too. */
  ready(): void {
    this.#plannedAt = -Infinity;
  }

  /** Series of the venue with their reference. */
  async #list(isMeant: (series: Series) => boolean): Promise<readonly EmbeddedSeries[]> {
    const { stores, venue, basis } = this.#options;
    const all = await stores.series.list({ venue });
    return pairWithReference(all, basis).filter(({ series }) => isMeant(series));
  }

  /** Computes the rows since the newest one, where they are few; jobs compute many. */
  async #catchUp(pair: EmbeddedSeries): Promise<void> {
    const { index, stores } = this.#options;
    const [state] = await index.states([pair]);
    if (state === undefined) return;
    const extent = await extentOf(stores, pair);
    const behind = extent.lastIndex - (state.firstIndex + state.rows - 1);
    if (behind < 1 || behind > MOST_BARS_BEHIND) return;
    await index.extend({ ...extent, maxRows: MOST_BARS_BEHIND, isJob: false });
  }

  /** One after the other for each timeframe; an error is logged, and the next candle catches up. */
  #enqueue(timeframe: Timeframe, work: () => Promise<void>): void {
    if (this.#isStopped) return;
    const last = this.#tasks.get(timeframe) ?? Promise.resolve();
    const task = last.then(work).catch((error: unknown) => {
      const reason = messageOf(error);
      this.#options.logger.warn('[EMBED] Windows are not current yet', { timeframe, reason });
    });
    this.#tasks.set(timeframe, task);
    void task.then(() => {
      if (this.#tasks.get(timeframe) === task) this.#tasks.delete(timeframe);
    });
  }

  async #plan(): Promise<void> {
    const { clock, index, isAlways, sessions } = this.#options;
    this.#plannedAt = clock.wallMs();
    const all = await this.#list(() => true);
    if (isAlways) for (const { series } of all) this.#kept.add(series.timeframe);
    const states = await index.states(all);
    for (const [at, state] of states.entries()) {
      const pair = all[at];
      if (state !== undefined && pair !== undefined) this.#kept.add(pair.series.timeframe);
    }
    const keys: ModelKey[] = [];
    for (const [at, pair] of all.entries()) {
      if (!this.#kept.has(pair.series.timeframe)) continue;
      const extent = await this.#findExtent(pair);
      if (extent === undefined || !isDue(extent, states[at])) continue;
      if (await this.#mayQueue(pair)) keys.push(keyOf(pair));
    }
    if (keys.length === 0 || this.#isStopped) return;
    await sessions().request({ keys, kind: 'embedding', isAutomatic: true });
  }

  async #findExtent(pair: EmbeddedSeries): Promise<Extent | undefined> {
    try {
      return await extentOf(this.#options.stores, pair);
    } catch (error) {
      if (error instanceof RejectedError) return undefined;
      throw error;
    }
  }

  /** Not while one is open, and not soon after one that failed or that a person has cancelled. */
  async #mayQueue(pair: EmbeddedSeries): Promise<boolean> {
    const { stores, clock } = this.#options;
    const latest = await stores.jobs.latest(keyOf(pair));
    if (latest === undefined || latest.status === 'completed') return true;
    if (latest.status === 'pending' || latest.status === 'running') return false;
    return clock.wallMs() - (latest.finishedAt ?? 0) >= RETRY_AFTER_MS;
  }

  async #findSession(pair: EmbeddedSeries): Promise<string | undefined> {
    return (await this.#options.stores.jobs.findOpen(keyOf(pair)))?.sessionUid;
  }
}

function keyOf({ series: { venue, symbol, timeframe } }: EmbeddedSeries): ModelKey {
  return { venue, symbol, timeframe, bot: EMBEDDING_BOT };
}

interface Progress {
  readonly firstIndex: number;
  readonly rows: number;
}

/** Whether there is no file of today's transform, older candles came, or it is far behind. */
function isDue({ firstIndex, lastIndex }: Extent, state: Progress | undefined): boolean {
  if (state === undefined) return lastIndex >= firstIndex;
  const behind = lastIndex - (state.firstIndex + state.rows - 1);
  return state.firstIndex > firstIndex || behind > MOST_BARS_BEHIND;
}
