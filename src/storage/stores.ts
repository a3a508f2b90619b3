/** The entry to the storage: all stores of a database. What the folders hold is said in ARCHITECTURE.md. */

import type { Clock } from '../lib/clock.js';
import { AccountStore } from './stores/account-store.js';
import { ArtifactLedger } from './stores/artifact-ledger.js';
import { CandleStore } from './stores/candle-store.js';
import { ControlStore } from './stores/control-store.js';
import { CooldownStore } from './stores/cooldown-store.js';
import type { Database } from './database/database.js';
import { DecisionStore } from './stores/decision-store.js';
import { DriftStore } from './stores/drift-store.js';
import { EquityStore } from './stores/equity-store.js';
import { ExperimentStore } from './stores/experiment-store.js';
import { EvidenceStore } from './stores/evidence-store.js';
import { FillStore } from './stores/fill-store.js';
import { HaltStore } from './stores/halt-store.js';
import { ItemAttributeStore } from './stores/item-attribute-store.js';
import { JobStore } from './stores/job-store.js';
import { KnownGapStore } from './stores/known-gap-store.js';
import { LeaseStore } from './stores/lease-store.js';
import { ModelStore } from './stores/model-store.js';
import { NotificationStore } from './stores/notification-store.js';
import { OrderStore } from './stores/order-store.js';
import { PinStore } from './stores/pin-store.js';
import { BacktestStore } from './stores/backtest-store.js';
import { BaseModelStore } from './stores/base-model-store.js';
import { PositionStore } from './stores/position-store.js';
import { PredictionStore } from './stores/prediction-store.js';
import { PriceStore } from './stores/price-store.js';
import { ReconciliationStore } from './stores/reconciliation-store.js';
import { RetentionStore } from './stores/retention-store.js';
import { RunStore } from './stores/run-store.js';
import { ScheduleStore } from './stores/schedule-store.js';
import { SeriesStore } from './stores/series-store.js';
import { SessionStore } from './stores/session-store.js';
import { ShadowStore } from './stores/shadow-store.js';
import { SignalStore } from './stores/signal-store.js';
import { QueueStore } from './stores/queue-store.js';
import { NoticeStore } from './stores/notice-store.js';
import { WorkerStore } from './stores/worker-store.js';

/** Everything that is stored, one store for each table. */
export interface Stores {
  readonly series: SeriesStore;
  readonly candles: CandleStore;
  readonly knownGaps: KnownGapStore;
  readonly itemAttributes: ItemAttributeStore;
  readonly prices: PriceStore;
  readonly predictions: PredictionStore;
  readonly signals: SignalStore;
  readonly decisions: DecisionStore;
  readonly positions: PositionStore;
  readonly orders: OrderStore;
  readonly fills: FillStore;
  readonly reconciliations: ReconciliationStore;
  readonly equity: EquityStore;
  readonly accounts: AccountStore;
  readonly halts: HaltStore;
  readonly models: ModelStore;
  readonly pins: PinStore;
  readonly baseModels: BaseModelStore;
  readonly sessions: SessionStore;
  readonly jobs: JobStore;
  readonly evidence: EvidenceStore;
  readonly experiments: ExperimentStore;
  readonly shadows: ShadowStore;
  readonly cooldowns: CooldownStore;
  readonly drift: DriftStore;
  readonly control: ControlStore;
  readonly schedules: ScheduleStore;
  readonly runs: RunStore;
  readonly backtests: BacktestStore;
  readonly leases: LeaseStore;
  readonly notifications: NotificationStore;
  readonly queue: QueueStore;
  readonly workers: WorkerStore;
  readonly notices: NoticeStore;
  readonly artifacts: ArtifactLedger;
  readonly retention: RetentionStore;
  /** Runs `work` with the same stores bound to one transaction: all of it is stored or nothing. */
  transaction<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /** The same stores bound to a transaction of the database. */
  within(tx: Database): Stores;
}

/** The stores of a database. The clock gives the wall times at which rows are stored. */
export function openStores(database: Database, clock: Clock): Stores {
  return {
    series: new SeriesStore(database, clock),
    candles: new CandleStore(database, clock),
    knownGaps: new KnownGapStore(database, clock),
    itemAttributes: new ItemAttributeStore(database, clock),
    prices: new PriceStore(database, clock),
    predictions: new PredictionStore(database, clock),
    signals: new SignalStore(database, clock),
    decisions: new DecisionStore(database, clock),
    positions: new PositionStore(database, clock),
    orders: new OrderStore(database, clock),
    fills: new FillStore(database, clock),
    reconciliations: new ReconciliationStore(database, clock),
    equity: new EquityStore(database, clock),
    accounts: new AccountStore(database, clock),
    halts: new HaltStore(database, clock),
    models: new ModelStore(database, clock),
    pins: new PinStore(database, clock),
    baseModels: new BaseModelStore(database, clock),
    sessions: new SessionStore(database),
    jobs: new JobStore(database, clock),
    evidence: new EvidenceStore(database),
    experiments: new ExperimentStore(database, clock),
    shadows: new ShadowStore(database, clock),
    cooldowns: new CooldownStore(database, clock),
    drift: new DriftStore(database, clock),
    control: new ControlStore(database, clock),
    schedules: new ScheduleStore(database, clock),
    runs: new RunStore(database, clock),
    backtests: new BacktestStore(database, clock),
    leases: new LeaseStore(database),
    notifications: new NotificationStore(database, clock),
    queue: new QueueStore(database),
    workers: new WorkerStore(database, clock),
    notices: new NoticeStore(database, clock),
    artifacts: new ArtifactLedger(database, clock),
    retention: new RetentionStore(database, clock),
    transaction: (work) => database.transaction((tx) => work(openStores(tx, clock))),
    within: (tx) => openStores(tx, clock),
  };
}
