import type { Settings } from '../../config/settings.js';
import type { Collector } from '../collection/collector.js';
import type { DatabaseWatch } from '../coordination/database-watch.js';
import type { WatchedFolder } from '../jobs/watched-folder.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { QuietTurns } from '../lib/quiet-turns.js';
import type { Lookalikes } from '../lookalikes/lookalikes.js';
import type { ModelRegistry } from '../models/model-registry.js';
import type { PredictionCache } from '../models/prediction-cache.js';
import type { ServingModels } from '../models/serving-models.js';
import type { Notifications } from '../notifications/notifications.js';
import type { FaultBoard } from '../monitoring/fault-board.js';
import type { EventHub } from '../monitoring/event-hub.js';
import type { LoopWatch } from '../monitoring/loop-watch.js';
import type { CandlePipeline } from '../pipeline/candle-pipeline.js';
import type { LatestPredictions } from '../signals/latest-predictions.js';
import type { PredictionWarnings } from '../signals/prediction-warnings.js';
import type { Database } from '../storage/database/database.js';
import type { Stores } from '../storage/stores.js';
import type { CcxtOrderVenue } from '../exchange/orders/ccxt-order-venue.js';
import type { TradingService } from '../trading/service/trading-service.js';
import type { TrainingService } from '../training/training-service.js';
import type { Activity } from './activity.js';
import type { Instruments } from './choose-instruments.js';
import type { ChosenSeries } from './choose-series.js';
import type { SharedArtifacts } from './create-artifacts.js';
import type { CollectionWatch } from './collection-watch.js';
import type { EventPublisher } from './event-publisher.js';
import type { LiveInstruments } from './live-instruments.js';
import type { ModuleOptions } from './module-options.js';
import type { Market } from './open-market.js';

/** What exists from the start on, before the venue is known. */
export interface Base {
  readonly settings: Settings;
  readonly version: string;
  readonly runUid: string;
  /** Machine, data folder and installation: who holds the lease. */
  readonly place: string;
  /** Epoch milliseconds of this machine. */
  readonly startedAt: number;
  readonly wallClock: Clock;
  readonly logger: Logger;
  /** Aborts when the daemon begins to stop. */
  readonly stopping: AbortSignal;
  readonly database: Database;
  readonly databaseWatch: DatabaseWatch;
  /** Why the daemon is not on the MySQL of its settings. */
  readonly fallbackReason: string | undefined;
  /** Since when rows lie on SQLite that MySQL, which is used again, does not know. */
  readonly notCarriedOver: string | undefined;
  readonly stores: Stores;
  readonly loopWatch: LoopWatch;
  /** For work that may wait until no call of the API is being answered. */
  readonly quietTurns: QuietTurns;
  readonly faults: FaultBoard;
  readonly events: EventHub;
  readonly notifications: Notifications;
  /** Undefined where the models' folder is all there is. */
  readonly artifacts: SharedArtifacts | undefined;
  readonly activity: Activity;
}

/** What exists once the venue has answered. */
export interface Connected extends Base {
  readonly market: Market;
  readonly instruments: LiveInstruments;
  readonly options: ModuleOptions;
  readonly publisher: EventPublisher;
  readonly trading: TradingService;
  /** Orders to the account at the exchange; undefined on paper. */
  readonly live: CcxtOrderVenue | undefined;
}

/** What exists while this daemon holds the lease. */
export interface Active extends Connected {
  readonly collector: Collector;
  readonly training: TrainingService;
  readonly servingModels: ServingModels;
  readonly registry: ModelRegistry;
  readonly warnings: PredictionWarnings;
  /** Undefined where `PREDICTION_CACHE_ENABLED` turns it off. */
  readonly predictionCache: PredictionCache | undefined;
  readonly predictions: LatestPredictions;
  readonly lookalikes: Lookalikes;
  readonly pipeline: CandlePipeline;
  /** Undefined where no folder of files is watched. */
  readonly watchedFolder: WatchedFolder | undefined;
}

/** `npm run collect`: a daemon that only collects, or watches another installation that does. */
type CollectOnly = Base & { readonly market: Market; readonly chosen: ChosenSeries } & (
    | { readonly name: 'collecting'; readonly collector: Collector }
    | { readonly name: 'watching'; readonly watch: CollectionWatch }
  );

/** `npm run train`: a daemon that only trains, on the candles that are stored. */
interface TrainOnly extends Base {
  readonly name: 'training';
  readonly market: Market;
  readonly instruments: Instruments;
  readonly options: ModuleOptions;
  readonly training: TrainingService;
}

/** How far the daemon is, with the parts that exist by then. */
export type DaemonPhase =
  | CollectOnly
  | TrainOnly
  | (Base & { readonly name: 'starting' })
  | (Base & { readonly name: 'connecting'; readonly market: Market })
  | (Connected & { readonly name: 'standby' })
  | (Active & { readonly name: 'active' });

/** Reads the phase of this moment: the API answers in every one of them. */
export type ReadPhase = () => DaemonPhase;

export class CurrentPhase {
  #phase: DaemonPhase;

  constructor(phase: DaemonPhase) {
    this.#phase = phase;
  }

  readonly read: ReadPhase = () => this.#phase;

  enter(phase: DaemonPhase): void {
    this.#phase = phase;
  }
}

/** The daemon's state in the words of `GET /api/status`. */
export function describePhase(phase: DaemonPhase): string {
  if (phase.stopping.aborted) return 'stopping';
  switch (phase.name) {
    case 'starting':
      return 'starting';
    case 'connecting':
      return 'waiting for the exchange';
    case 'standby':
    case 'watching':
      return 'standing by';
    case 'training':
      return 'running';
    case 'collecting':
    case 'active':
      return phase.collector.phase === 'following' ? 'running' : 'back-filling';
  }
}

/** The venue's clock once there is one, else this machine's. */
export function clockOf(phase: DaemonPhase): Clock {
  return phase.name === 'starting' ? phase.wallClock : phase.market.data.clock;
}

/** Why no position may be opened at the moment, as a sentence; undefined where one may. */
export function findEntryFreeze({
  fallbackReason,
  databaseWatch,
}: Pick<Base, 'fallbackReason' | 'databaseWatch'>): string | undefined {
  if (fallbackReason !== undefined) {
    return `MySQL could not be used at the start, so its books are unknown (${fallbackReason}); restart once it can`;
  }
  const { lostReason } = databaseWatch;
  return lostReason === undefined ? undefined : `the database is lost: ${lostReason}`;
}
