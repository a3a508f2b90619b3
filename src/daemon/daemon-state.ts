import type { Settings } from '../../config/settings.js';
import type { Clock } from '../lib/clock.js';
import type { EventHub } from '../monitoring/event-hub.js';
import type { LoopWatch } from '../monitoring/loop-watch.js';
import type { Database } from '../storage/database/database.js';
import type { DatabaseWatch } from '../coordination/database-watch.js';
import type { Stores } from '../storage/stores.js';
import type { TradingService } from '../trading/trading-service.js';
import type { Instruments } from './choose-instruments.js';
import type { Market } from './open-market.js';
import type { EventPublisher } from './event-publisher.js';
import type { Work } from './work.js';

/** What the daemon is made of so far: it grows while it starts, and the API reads it at any moment. */
export interface DaemonState {
  readonly settings: Settings;
  readonly version: string;
  readonly runUid: string;
  /** Names the data folder. */
  readonly place: string;
  readonly startedAt: number;
  readonly wallClock: Clock;
  /** The whole environment of the processes that train. */
  readonly trainerEnvironment: Readonly<Record<string, string>>;
  readonly database: Database;
  readonly databaseWatch: DatabaseWatch;
  /** Why the daemon is not on the MySQL of its settings. */
  readonly fallbackReason: string | undefined;
  /** Since when rows lie on SQLite that MySQL, which is used again, does not know. */
  readonly notCarriedOver: string | undefined;
  readonly stores: Stores;
  readonly loopWatch: LoopWatch;
  readonly events: EventHub;
  isStopping: boolean;
  market?: Market;
  instruments?: Instruments;
  trading?: TradingService;
  publisher?: EventPublisher;
  /** There while this daemon holds the lease. */
  work?: Work | undefined;
}

/** What the daemon is doing, in words. */
export function phaseOf(state: DaemonState): string {
  if (state.isStopping) return 'stopping';
  if (state.market === undefined) return 'starting';
  if (state.instruments === undefined) return 'waiting for the exchange';
  if (state.work === undefined) return 'standing by';
  return state.work.collector.status().phase === 'following' ? 'running' : 'back-filling';
}

/** The venue's clock once there is one. */
export function clockOf(state: DaemonState): Clock {
  return state.market?.data.clock ?? state.wallClock;
}

/** Why no position may be opened at the moment, in words. */
export function entryFreezeOf({
  fallbackReason,
  databaseWatch,
}: Pick<DaemonState, 'fallbackReason' | 'databaseWatch'>): string | undefined {
  if (fallbackReason !== undefined) {
    return `MySQL could not be used at the start, so its books are unknown (${fallbackReason}); restart once it can`;
  }
  const { lostReason } = databaseWatch;
  return lostReason === undefined ? undefined : `the database is lost: ${lostReason}`;
}
