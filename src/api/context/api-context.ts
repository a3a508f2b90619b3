import type { Registry } from 'prom-client';
import type { BacktestRun } from '../../domain/backtest-run.js';
import type { Candle } from '../../domain/candle.js';
import type { Experiment } from '../../domain/experiment.js';
import type { Decision } from '../../domain/decision.js';
import type { Halt } from '../../domain/halt.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { SeenWorker } from '../../domain/queue-worker.js';
import type { ModelRecord } from '../../domain/model-record.js';
import type { Quote, Series, SeriesKey } from '../../domain/market.js';
import type { Signal, SignalOutcome } from '../../domain/signal.js';
import type { Timeframe } from '../../domain/timeframe.js';
import type { TrainingEvidence, TrainingJob, TrainingSession } from '../../domain/training-job.js';
import type { EquityPoint, Fill, Order, Position, Reconciliation } from '../../domain/trade.js';
import type { Clock } from '../../lib/clock.js';
import type { SeriesRepair } from '../../collection/tracked-series.js';
import type { LookalikeOutcome, LookalikeQuestion } from '../../lookalikes/lookalikes.js';
import type { QualityReport, QualityRequest } from '../../quality/quality-report.js';
import type { EventHub } from '../../monitoring/event-hub.js';
import type { Health } from '../../monitoring/health.js';
import type { LogFilter, LogLine } from '../../lib/log-tail.js';
import type { LatestPrediction } from '../../signals/latest-predictions.js';
import type { Unsold } from '../../trading/orders/sell-now.js';
import type { Experiments } from '../../training/experiments/experiments.js';
import type { ShadowModels } from '../../training/experiments/shadow-models.js';
import type { TrainingOptions } from '../../training/options/training-options.js';
import type { TrainingQueue } from '../../training/queue/training-queue.js';
import type { TrainingSessions } from '../../training/queue/training-sessions.js';
import type { AccountAnswer } from '../contract/account.js';
import type { ModelStatusAnswer } from '../contract/model-status.js';
import type { StatusAnswer } from '../contract/status.js';
import type { BacktestRequests } from './backtests.js';
import type { SeriesNames } from './series-names.js';

export interface Page {
  readonly limit: number;
  readonly offset: number;
}

export interface Paged<T> {
  readonly total: number;
  readonly rows: readonly T[];
}

/** Narrowing of a list call, with the symbol resolved. */
export interface SeriesFilter {
  readonly venue?: string | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: Timeframe | undefined;
  readonly bot?: string | undefined;
  /** Market time, both bounds included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

type List<T, More = object> = (filter: SeriesFilter & More, page: Page) => Promise<Paged<T>>;
/** A narrowing by the value of one field. */
type By<T, Name extends keyof T> = { readonly [N in Name]?: T[N] | undefined };

export type StoredSignal = Signal & {
  readonly createdAt: number;
  readonly outcome?: SignalOutcome | undefined;
};

export type StoredRecord = ModelRecord & { readonly createdAt: number };

/** Decisions of one action with the same words. */
export interface CountedReason extends Pick<Decision, 'action' | 'reason'> {
  readonly decisions: number;
  /** Market time of the newest. */
  readonly lastAt: number;
}

/** What the API reads of the database. */
export interface ApiStores {
  readonly series: {
    list(filter: { readonly venue: string }): Promise<readonly Series[]>;
    find(key: SeriesKey): Promise<Series | undefined>;
  };
  readonly candles: {
    latest(
      seriesId: number,
      count: number,
      range: { readonly toOpenTime?: number | undefined },
    ): Promise<readonly Candle[]>;
  };
  readonly signals: {
    list: List<StoredSignal, By<Signal, 'source' | 'prediction'>>;
    latest(key: ModelKey): Promise<StoredSignal | undefined>;
    findMany(uids: readonly string[]): Promise<readonly StoredSignal[]>;
  };
  readonly decisions: {
    list: List<Decision, By<Decision, 'action'>>;
    findBySignal(signalUid: string): Promise<Decision | undefined>;
    countByReason(filter: {
      readonly venue: string;
      readonly from: number;
    }): Promise<readonly CountedReason[]>;
  };
  readonly positions: {
    list: List<Position, { readonly status?: Position['status'] | 'held' | undefined }>;
  };
  readonly orders: { list: List<Order, By<Order, 'status' | 'side'>> };
  readonly reconciliations: { list: List<Reconciliation> };
  readonly fills: { list: List<Fill, By<Fill, 'side'>> };
  readonly sessions: {
    list(filter: object, page: Page): Promise<Paged<TrainingSession>>;
    find(uid: string): Promise<TrainingSession | undefined>;
  };
  readonly jobs: {
    find(uid: string): Promise<TrainingJob | undefined>;
    list: List<TrainingJob, By<TrainingJob, 'status'> & { readonly isByTurn?: boolean }>;
    listOfSession(session: TrainingSession, page: Page): Promise<Paged<TrainingJob>>;
  };
  readonly evidence: { listByJob(jobUid: string): Promise<readonly TrainingEvidence[]> };
  readonly equity: { list: List<EquityPoint> };
  readonly backtests: {
    list: List<BacktestRun, By<BacktestRun, 'state'>>;
    find(uid: string): Promise<BacktestRun | undefined>;
  };
  readonly models: {
    list: List<StoredRecord, By<ModelRecord, 'stage' | 'status'>>;
    find(uid: string): Promise<StoredRecord | undefined>;
    findServing(key: ModelKey): Promise<StoredRecord | undefined>;
    /** The newest of each key. */
    listNewest(venue: string): Promise<readonly StoredRecord[]>;
    /** Of the newest of each key, and of the one that serves where that is another. */
    listReportedVersions(
      venue: string,
    ): Promise<readonly { readonly uid: string; readonly rowVersion: number }[]>;
    findMany(uids: readonly string[]): Promise<readonly StoredRecord[]>;
  };
  readonly experiments: {
    find(uid: string): Promise<Experiment | undefined>;
    list: List<Experiment>;
  };
  readonly workers: { list(): Promise<readonly SeenWorker[]> };
  readonly pins: {
    find(key: ModelKey): Promise<{ readonly modelUid: string } | undefined>;
    list(venue: string): Promise<readonly { readonly modelUid: string }[]>;
  };
}

/** What was done, or why not: `missing` where there is nothing it could be done to. */
export type ModelChange<T> =
  | ({ readonly status: 'done' } & T)
  | { readonly status: 'refused' | 'missing'; readonly reason: string };

/** What a person may do to models; refused on a daemon that stands by. */
export interface ModelChanges {
  /** @returns the records whose models were deleted */
  clear(keys: readonly ModelKey[]): Promise<readonly ModelRecord[]>;
  rollback(
    key: ModelKey,
    modelUid: string | undefined,
  ): Promise<
    ModelChange<{ readonly record: ModelRecord; readonly before: ModelRecord | undefined }>
  >;
  pin(
    key: ModelKey,
    options: { readonly isPinned: boolean; readonly modelUid: string | undefined },
  ): Promise<ModelChange<{ readonly modelUid: string | undefined }>>;
}

/** What trading is like after an order of a person. */
export interface Halted {
  /** The halt that lasts longest. */
  readonly halt: Halt | undefined;
  readonly unsold: readonly Unsold[];
}

/** What a person may order of trading; each says who orders it. */
export interface TradingOrders {
  halt(order: Pick<Halt, 'reason' | 'author' | 'isCloseAll'>): Promise<Halted>;
  resume(author: string): Promise<Halted>;
  /** @returns why it is not sold yet, or why it cannot be */
  closePosition(
    uid: string,
    author: string,
  ): Promise<
    | { readonly status: 'done'; readonly unsold: Unsold | undefined }
    | { readonly status: 'missing' | 'refused'; readonly reason: string }
  >;
}

/** How a variant trains, or which of its settings is wrong; several together where `name` is undefined. */
export type VariantReading =
  | {
      readonly status: 'read';
      readonly options: TrainingOptions;
      /** Values on which the variants of an experiment must agree, by setting. */
      readonly shared: Readonly<Record<string, string>>;
    }
  | { readonly status: 'refused'; readonly name: string | undefined; readonly reason: string };

/** What may be asked of training. */
export interface ApiTraining {
  readonly sessions: TrainingSessions;
  readonly queue: TrainingQueue;
  readonly experiments: Experiments;
  readonly shadows: ShadowModels;
  /** Training with settings of a variant in place of the daemon's. */
  readonly readVariant: (settings: Readonly<Record<string, string>>) => VariantReading;
  readonly options: Pick<TrainingOptions, 'venue' | 'symbols' | 'timeframes' | 'bots'>;
}

/** What a model says of the newest candle, or why nothing. */
export type PredictionView = LatestPrediction;

export interface ApiPredictions {
  find(key: ModelKey): Promise<PredictionView>;
  /** The greatest expected move first, and of how many. */
  top(
    filter: Omit<SeriesFilter, 'venue'> & Pick<ModelKey, 'venue'>,
    limit: number,
  ): Promise<Paged<Extract<PredictionView, { status: 'served' }>>>;
  /** Forgets what is kept. @returns how many */
  clear(): number;
}

/** Judges stored series over the newest days. */
export type DataQuality = (
  request: Pick<QualityRequest, 'symbols' | 'timeframes'> & {
    readonly venue: string;
    readonly days: number;
    readonly limit: number;
    readonly offset: number;
  },
) => Promise<QualityReport>;

/** A repair of a series that a person asked for. */
export interface AskedRepair {
  readonly key: SeriesKey;
  readonly isUnderWay: boolean;
  /** What came of the last one. */
  readonly last: SeriesRepair | undefined;
  readonly error: string | undefined;
}

/** Asks the venue again for what is missing in the series that are collected. */
export interface DataRepair {
  /** @returns how many series that is */
  begin(wanted: Pick<SeriesFilter, 'symbol' | 'timeframe'>): number;
  list(): readonly AskedRepair[];
}

/** A setting as it holds in the daemon; a secret only as `set`. */
export interface ShownSetting {
  readonly name: string;
  readonly group: string;
  readonly value: string | null;
  readonly default: string | null;
  readonly origin: string;
  readonly isSecret: boolean;
  /** A variant of an experiment may have a value of its own. */
  readonly isOfVariants: boolean;
  readonly unit: string | null;
  readonly clock: 'market' | 'wall' | null;
  readonly expected: string;
  readonly help: string;
}

/** The newest lines of the log. */
export interface ApiLogs {
  list(filter: LogFilter, limit: number): readonly LogLine[];
  /** Publishes each line as it is written. */
  readonly stream: Pick<EventHub, 'join' | 'mayJoin'>;
}

/** What the daemon hands to the API: rows to read, and views of what is going on now. */
export interface ApiContext {
  readonly stores: ApiStores;
  readonly names: SeriesNames;
  readonly clock: Clock;
  readonly metrics: Registry;
  /** `MODEL_STALE_HOURS`: from this age on a model that serves is shown as stale. */
  readonly modelStaleHours: number;
  /** What trades, for calls that leave it out; undefined until the venue is known. */
  readonly findTradingKey: () => ModelKey | undefined;
  readonly status: () => Promise<StatusAnswer>;
  readonly modelStatus: (key: ModelKey, marketId: string) => Promise<ModelStatusAnswer>;
  readonly models: ModelChanges;
  /** What the account at the exchange tells of itself. */
  readonly readAccount: () => Promise<AccountAnswer>;
  readonly tradingOrders: TradingOrders;
  /** The newest quote that trading has; undefined of a market that it does not follow. */
  readonly findQuote: (market: Pick<Quote, 'venue' | 'symbol'>) => Quote | undefined;
  readonly predictions: ApiPredictions;
  readonly findLookalikes: (question: LookalikeQuestion) => Promise<LookalikeOutcome>;
  readonly events: Pick<EventHub, 'join' | 'mayJoin'>;
  readonly logs: ApiLogs;
  readonly settings: readonly ShownSetting[];
  /** Undefined while this daemon does not train. */
  readonly training: () => ApiTraining | undefined;
  readonly health: () => Promise<Health>;
  readonly dataQuality: DataQuality;
  /** Undefined while this daemon collects nothing. */
  readonly dataRepair: () => DataRepair | undefined;
  readonly backtests: BacktestRequests;
}
