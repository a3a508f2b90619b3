import type { BacktestAsk, BacktestFacts, BacktestRun } from '../../domain/backtest-run.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import { RemainingTime } from '../../lib/remaining-time.js';
import type { BacktestStore } from '../../storage/stores/backtest-store.js';

/** A run of minutes writes its progress a few times, so that it never competes with a daemon beside it. */
const PROGRESS_EVERY_MS = 5_000;

export interface RecordOptions {
  readonly store: Pick<BacktestStore, 'insert' | 'change' | 'listSharpes'>;
  readonly clock: Clock;
  readonly uid: string;
  readonly origin: BacktestRun['origin'];
  readonly ask: BacktestAsk;
  readonly version: string;
  readonly place: string;
}

/** How a run shows in the table `backtests`: one statement at its start, one at its end, few between. */
export class RunRecord {
  readonly #options: RecordOptions;
  readonly #time = new RemainingTime();
  #notedAt = 0;

  constructor(options: RecordOptions) {
    this.#options = options;
  }

  get uid(): string {
    return this.#options.uid;
  }

  /** The run is asked for, and shows from now on. */
  async open(facts?: BacktestFacts): Promise<void> {
    const { store, clock, uid, origin, ask, version, place } = this.#options;
    await store.insert({
      uid,
      state: 'running',
      origin,
      ask,
      timeframe: ask.timeframe,
      bot: ask.bot,
      versions: { evenkeel: version, node: process.version },
      place,
      progress: 0,
      etaSec: undefined,
      venue: facts?.venue,
      dataHash: facts?.dataHash,
      fromTime: facts?.fromTime,
      toTime: facts?.toTime,
      symbols: facts?.symbols,
      bars: facts?.bars,
      settings: facts?.settings,
      seeds: facts?.seeds,
      figures: undefined,
      sharpe: undefined,
      error: undefined,
      folder: undefined,
      startedAt: clock.wallMs(),
      endedAt: undefined,
    });
  }

  /** Its candles are read. A command is recorded from here on: what was refused before is no run. */
  async begin(facts: BacktestFacts): Promise<void> {
    const { store, uid, origin } = this.#options;
    if (origin === 'command') await this.open(facts);
    else await store.change(uid, facts);
  }

  /** Sharpe ratios of the runs before this one on the same candles. */
  earlierSharpes(dataHash: string): Promise<readonly number[]> {
    return this.#options.store.listSharpes(dataHash);
  }

  /** Does the work of the run; where it throws, the run is recorded as failed. */
  async untilFailure<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // The disk may be full for this too: what went wrong first is what counts.
      await this.failed(messageOf(error)).catch(() => undefined);
      throw error;
    }
  }

  /** One that cannot be stored is left out: a later one says more. */
  noteProgress(share: number): void {
    const { store, clock, uid } = this.#options;
    const nowMs = clock.wallMs();
    const leftMs = this.#time.leftAt(share, nowMs);
    if (nowMs - this.#notedAt < PROGRESS_EVERY_MS) return;
    const isFirst = this.#notedAt === 0;
    this.#notedAt = nowMs;
    if (isFirst) return;
    const etaSec = leftMs === undefined ? undefined : Math.round(leftMs / 1_000);
    store.change(uid, { progress: share, etaSec }).catch(() => undefined);
  }

  async done(end: {
    readonly figures: Readonly<Record<string, unknown>>;
    readonly sharpe: number | undefined;
    /** Undefined for a run of a sweep: it has no report of its own. */
    readonly folder: string | undefined;
  }): Promise<void> {
    const { figures, sharpe, folder } = end;
    await this.#end({ state: 'done', progress: 1, figures, sharpe, folder });
  }

  failed(error: string): Promise<void> {
    return this.#end({ state: 'failed', error });
  }

  cancelled(): Promise<void> {
    return this.#end({ state: 'cancelled' });
  }

  async #end(change: Partial<BacktestRun>): Promise<void> {
    const { store, clock, uid } = this.#options;
    await store.change(uid, { ...change, etaSec: undefined, endedAt: clock.wallMs() });
  }
}
