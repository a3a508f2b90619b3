import type { AccountStore } from '../storage/stores/account-store.js';
import type { CandleStore } from '../storage/stores/candle-store.js';
import type { DecisionStore } from '../storage/stores/decision-store.js';
import type { EquityStore } from '../storage/stores/equity-store.js';
import type { FillStore } from '../storage/stores/fill-store.js';
import type { HaltStore } from '../storage/stores/halt-store.js';
import type { LeaseStore } from '../storage/stores/lease-store.js';
import type { OrderStore } from '../storage/stores/order-store.js';
import type { PositionStore } from '../storage/stores/position-store.js';
import type { PriceStore } from '../storage/stores/price-store.js';
import type { ReconciliationStore } from '../storage/stores/reconciliation-store.js';
import type { SeriesStore } from '../storage/stores/series-store.js';

export type { StoredPosition } from '../storage/stores/position-store.js';

/** What trading needs of the stores. */
export interface TradingStores {
  readonly accounts: Pick<AccountStore, 'ensure'>;
  readonly candles: Pick<CandleStore, 'read'>;
  readonly decisions: Pick<
    DecisionStore,
    'insert' | 'findBySignal' | 'lastDecidedOpenTime' | 'list'
  >;
  readonly equity: Pick<EquityStore, 'insert' | 'latest' | 'marksSince'>;
  readonly fills: Pick<FillStore, 'insert' | 'listByOrder' | 'sumCash'>;
  readonly halts: Pick<HaltStore, 'insert' | 'listActive' | 'resume' | 'lastResumedAt'>;
  readonly leases: Pick<LeaseStore, 'acquire' | 'renew' | 'release'>;
  readonly orders: Pick<
    OrderStore,
    | 'insert'
    | 'settle'
    | 'markSent'
    | 'find'
    | 'findByClientId'
    | 'list'
    | 'listUnsettled'
    | 'listGivenUp'
  >;
  readonly positions: Pick<
    PositionStore,
    'insert' | 'update' | 'find' | 'listOpen' | 'listClosedSince' | 'lastExitAt'
  >;
  readonly prices: Pick<PriceStore, 'latest'>;
  readonly reconciliations: Pick<ReconciliationStore, 'insert'>;
  readonly series: Pick<SeriesStore, 'find'>;
  /** Runs `work` with the same stores bound to one transaction: all of it is stored or nothing. */
  transaction<T>(work: (stores: TradingStores) => Promise<T>): Promise<T>;
}
