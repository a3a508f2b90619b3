import { childEnvironments } from '../lib/child-environments.js';
import type { z } from 'zod';
import type { Settings } from '../../config/settings.js';
import { status as statusAnswer } from '../api/contract/status.js';
import { DataDirLock, findLockHolder } from '../coordination/data-dir-lock.js';
import type { Clock } from '../lib/clock.js';
import { AlreadyRunningError, RejectedError, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { DaemonClient } from './daemon-client.js';
import { follow, type Followed, type Reading } from './follow.js';
import { withOwnDaemon } from './own-daemon.js';

export interface CollectOptions {
  /** With symbols, timeframes and pause file as they were asked for. */
  readonly settings: Settings;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether to end once everything is up to date. */
  readonly isOnce: boolean;
  /** Ends collection gracefully; what is stored stays. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CollectProgress) => void;
}

export interface CollectProgress {
  /** Who collects: this process, or one that it only watches. */
  readonly by: 'this process' | 'the daemon';
  /** `backfilling`, `following`, `paused`, and so on. */
  readonly state: string;
  readonly seriesReady: number;
  readonly seriesTotal: number;
  readonly barsDone: number;
  readonly barsWanted: number;
  readonly percentage: number;
}

export interface CollectEnd {
  readonly status: 'up-to-date' | 'stopped';
  /** What was asked for and is not collected, each with the reason. */
  readonly left: readonly string[];
}

/** `changed-hands`: the daemon that collected has ended. */
export type CollectOutcome = CollectEnd | { readonly status: 'changed-hands' };

const POLL_MS = 500;
const JOINED_POLL_MS = 1_000;
/** Daemons that begin and end more often than this are a fault of their own. */
const MAX_TURNS = 100;
/** With `--once` somebody waits for the end: a venue that is away must not be waited for long. */
const ONCE_PATIENCE_MS = 120_000;

const seenStatus = statusAnswer.pick({
  state: true,
  symbols: true,
  timeframes: true,
  collection: true,
  left_out: true,
});
type SeenStatus = z.output<typeof seenStatus>;
type CollectReading = Reading<CollectProgress, CollectEnd>;

/**
 * Collects candles and prices, without training or trading. Where a daemon is at work with the same data
 * it collects already: then its progress is shown instead, and when it ends this process takes over.
 *
 * @throws ConfigError when a person must mend something first
 * @throws TransientError when database, venue or daemon do not answer
 */
export async function collect(options: CollectOptions): Promise<CollectEnd> {
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const outcome = await takeTurn(options);
    if (outcome.status !== 'changed-hands') return outcome;
  }
  throw new TransientError(
    'Other processes keep taking over collection; look at what restarts them',
  );
}

async function takeTurn(options: CollectOptions): Promise<CollectOutcome> {
  if (!DataDirLock.isFree(options.settings.dataDir)) return joinDaemon(options);
  try {
    return await collectHere(options);
  } catch (error) {
    // Another process may have taken the folder just before.
    if (error instanceof AlreadyRunningError) return joinDaemon(options);
    throw error;
  }
}

/** By a daemon in this process that only collects. */
function collectHere(options: CollectOptions): Promise<CollectOutcome> {
  const { settings, version, logger, signal } = options;
  const own = {
    settings,
    version,
    logger,
    signal,
    role: 'collect',
    childEnvironments: childEnvironments({}),
  } as const;
  return withOwnDaemon(own, (daemon, following) => {
    return followCollection(new OwnCollection(daemon, options), { ...options, signal: following });
  });
}

/**
 * Shows how far the daemon is that holds the data folder, until all it collects is up to date, the
 * signal aborts, or it has ended.
 *
 * @throws TransientError when it cannot be asked
 */
export async function joinDaemon(options: CollectOptions): Promise<CollectOutcome> {
  const { settings, signal } = options;
  const { dataDir, apiToken } = settings;
  const getAddress = (): string => getJoinableAddress(dataDir);
  const daemon = new DaemonClient({ getAddress, apiToken, signal });
  const hasEnded = (): boolean => DataDirLock.isFree(dataDir);
  return followCollection(new JoinedCollection(daemon, options), { ...options, hasEnded });
}

async function followCollection(
  followed: OwnCollection | JoinedCollection,
  options: CollectOptions & { readonly hasEnded?: () => boolean },
): Promise<CollectOutcome> {
  const pollMs = followed instanceof OwnCollection ? POLL_MS : JOINED_POLL_MS;
  const end = await follow<CollectProgress, CollectEnd>(followed, { ...options, pollMs });
  return end === 'gone' ? { status: 'changed-hands' } : end;
}

function getJoinableAddress(dataDir: string): string {
  const holder = findLockHolder(dataDir);
  if (holder?.program !== undefined) {
    const { program, pid, host } = holder;
    throw new RejectedError(`${program} runs already: process ${pid} on ${host}`);
  }
  if (holder?.apiAddress !== undefined) return holder.apiAddress;
  throw new TransientError('The daemon that holds DATA_DIR does not serve its API');
}

/** A daemon of this process. It ends once everything is up to date only where that was asked for. */
class OwnCollection implements Followed<CollectProgress, CollectEnd> {
  readonly #daemon: DaemonClient;
  readonly #options: CollectOptions;
  readonly #startedMs: number;

  constructor(daemon: DaemonClient, options: CollectOptions) {
    this.#daemon = daemon;
    this.#options = options;
    this.#startedMs = options.clock.wallMs();
  }

  async read(): Promise<CollectReading> {
    const answer = await this.#daemon.get('/api/status', seenStatus);
    if (answer.collection.state === 'idle') {
      this.#assertPatience();
      return {};
    }
    // Another installation collects into the same database: there is nothing to do but to watch.
    const isWatching = answer.state === 'standing by';
    const progress = toProgress(answer, isWatching ? 'the daemon' : 'this process');
    const isOver = answer.collection.up_to_date && (this.#options.isOnce || isWatching);
    if (!isOver) return { progress };
    return { progress, end: { status: 'up-to-date', left: answer.left_out } };
  }

  leave(): CollectEnd {
    return { status: 'stopped', left: [] };
  }

  #assertPatience(): void {
    const { isOnce, clock, settings } = this.#options;
    if (!isOnce || clock.wallMs() - this.#startedMs < ONCE_PATIENCE_MS) return;
    throw new RejectedError(
      `${settings.exchange} does not answer; look at the network, EXCHANGE and EXCHANGE_BASE_URL`,
    );
  }
}

/** The daemon of another process with the same data folder. */
class JoinedCollection implements Followed<CollectProgress, CollectEnd> {
  readonly #daemon: DaemonClient;
  readonly #options: CollectOptions;
  /** What it does not collect; undefined until it has said what it collects. */
  #left: readonly string[] | undefined;

  constructor(daemon: DaemonClient, options: CollectOptions) {
    this.#daemon = daemon;
    this.#options = options;
  }

  async read(): Promise<CollectReading> {
    const answer = await this.#daemon.get('/api/status', seenStatus);
    if (answer.symbols.length > 0) this.#left ??= this.#greet(answer);
    if (answer.state === 'standing by') {
      throw new RejectedError(
        'The daemon here stands by for another one, which collects: ask that one, or stop this one',
      );
    }
    const progress = toProgress(answer, 'the daemon');
    if (!answer.collection.up_to_date) return { progress };
    const left = (this.#left ?? []).map(
      (name) => `${name}: not in the daemon's SYMBOLS and TIMEFRAMES; add it there`,
    );
    return { progress, end: { status: 'up-to-date', left } };
  }

  leave(): CollectEnd {
    return { status: 'stopped', left: [] };
  }

  #greet(answer: SeenStatus): readonly string[] {
    const { settings, logger } = this.#options;
    const left = findUncollected(settings, answer);
    const pid = findLockHolder(settings.dataDir)?.pid ?? '?';
    logger.info(`The daemon (process ${pid}) collects already: joining it`);
    if (left.length > 0) logger.warn(`The daemon does not collect ${left.join(', ')}`);
    return left;
  }
}

/** A name may be written in several ways: `BTC/USDT`, `BTCUSDT`, `BTC-USDT`. */
function findUncollected(settings: Settings, { symbols, timeframes }: SeenStatus): string[] {
  const plain = (name: string): string => name.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const known = new Set(
    symbols.flatMap(({ symbol, unified_symbol: unified }) => [plain(symbol), plain(unified)]),
  );
  return [
    ...settings.symbols.filter((name) => name !== 'all' && !known.has(plain(name))),
    ...settings.timeframes.filter((name) => !timeframes.includes(name)),
  ];
}

function toProgress({ collection }: SeenStatus, by: CollectProgress['by']): CollectProgress {
  return {
    by,
    state: collection.state,
    seriesReady: collection.series_ready,
    seriesTotal: collection.series,
    barsDone: collection.bars_done,
    barsWanted: collection.bars_wanted,
    percentage: collection.backfill_percent,
  };
}
