import { performance } from 'node:perf_hooks';
import type { Clock } from '../../lib/clock.js';
import { ConfigError, messageOf } from '../../lib/errors.js';
import { findRun, removeEarlierRuns, writeRun, type RunState } from './run-state.js';

/** Wall time whose market time is reserved at once: how often the disk is written while asked. */
const RESERVE_WALL_MS = 2_000;

export interface MarketClockOptions {
  /** `DATA_DIR/demo`. */
  readonly folder: string;
  /** Hash of the market's data. */
  readonly hash: string;
  /** Market time at which a run begins; another one than the stored run's begins a new run. */
  readonly startMs: number;
  /** Market time stops here; undefined for an endless market. */
  readonly endMs: number | undefined;
  /** Market milliseconds that pass in a wall millisecond. */
  readonly speed: number;
  readonly wall: Pick<Clock, 'wallMs'>;
}

/**
 * Market time: goes on from where it was when the demo last stopped, `speed` times as fast as the
 * wall clock, and never goes back. Before a time beyond the reserved mark is shown, a later mark is
 * written to the disk; after a kill the market resumes at the mark, at most two wall seconds' worth
 * ahead of the last time that was shown.
 */
export class MarketClock {
  #run: RunState | undefined;
  #baseMarketMs = 0;
  #baseWallMs = 0;
  #shownMs = 0;

  readonly #options: MarketClockOptions;

  constructor(options: MarketClockOptions) {
    this.#options = options;
  }

  /** Continues the stored run, or begins the next one. */
  start(): void {
    const run = resume(this.#options);
    this.#run = run;
    this.#baseMarketMs = run.reservedMs ?? this.#options.startMs;
    this.#shownMs = this.#baseMarketMs;
    this.#baseWallMs = this.#options.wall.wallMs();
  }

  /** Writes the exact time, so that the next start continues without a step. */
  stop(): void {
    if (this.#run === undefined) return;
    this.nowMs();
    this.#reserve(this.#shownMs);
    this.#run = undefined;
  }

  get runNumber(): number {
    return this.#started().run;
  }

  /** Market time in epoch milliseconds; reserved on the disk before it is returned. */
  nowMs(): number {
    const run = this.#started();
    const { endMs = Infinity, speed } = this.#options;
    this.#shownMs = Math.max(this.#shownMs, Math.min(this.#reachedMs(), endMs));
    if (this.#shownMs > (run.reservedMs ?? 0)) {
      this.#reserve(Math.min(this.#shownMs + Math.ceil(RESERVE_WALL_MS * speed), endMs));
    }
    return this.#shownMs;
  }

  /** Whether a recording has been played to its end. */
  hasEnded(): boolean {
    const { endMs } = this.#options;
    return endMs !== undefined && this.nowMs() >= endMs;
  }

  #reachedMs(): number {
    const { speed, wall } = this.#options;
    const passedMs = Math.max(0, wall.wallMs() - this.#baseWallMs);
    return Math.floor(this.#baseMarketMs + passedMs * speed);
  }

  #reserve(reservedMs: number): void {
    const run = { ...this.#started(), reservedMs };
    writeRun(this.#options.folder, run);
    this.#run = run;
  }

  #started(): RunState {
    if (this.#run === undefined) throw new Error('The market clock is not running');
    return this.#run;
  }
}

/** A folder that cannot be read or written is reported here, at the start. */
function resume({ folder, hash, startMs }: MarketClockOptions): RunState {
  try {
    const stored = findRun(folder, hash);
    const run = nextRun(stored, { hash, startMs });
    if (run !== stored) writeRun(folder, run);
    removeEarlierRuns(folder, run);
    return run;
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(`DATA_DIR: cannot use ${folder}: ${messageOf(cause)}`, { cause });
  }
}

function nextRun(
  stored: RunState | undefined,
  { hash, startMs }: { hash: string; startMs: number },
): RunState {
  const begun = { hash, startMs, reservedMs: startMs };
  if (stored === undefined) return { ...begun, run: 1 };
  if (stored.startMs === null) return { ...begun, run: stored.run };
  return stored.startMs === startMs ? stored : { ...begun, run: stored.run + 1 };
}

/**
 * Wall time that only runs forward: setting the machine's clock, by hand or by a time server, does
 * not move the market.
 */
export const monotonicWall: Pick<Clock, 'wallMs'> = {
  wallMs: () => performance.timeOrigin + performance.now(),
};
