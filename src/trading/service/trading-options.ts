import type { Instrument } from '../../domain/market.js';
import type { Money } from '../../domain/money.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { LedgerEntry } from '../books/ledger.js';
import type { BookStores } from '../books/choose-books.js';
import type { Broker } from '../broker/broker.js';
import type { AccountCheckOptions } from '../recovery/account-check.js';
import type { TradingRules } from '../trading-rules.js';
import type { TradingStores } from '../trading-stores.js';

export interface TradingServiceOptions {
  readonly rules: TradingRules;
  readonly stores: TradingStores & BookStores;
  readonly createBroker: (tools: BrokerTools) => Broker;
  /** The account at the exchange; undefined on paper. */
  readonly account?: Account | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who holds the lease: the same for every run of one installation. */
  readonly holder: string;
  readonly findInstrument: (symbol: string) => Instrument | undefined;
  /** Why no position is opened at the moment. */
  readonly findEntryFreeze?: () => string | undefined;
  /** `HALT_FILE`; undefined for none. */
  readonly haltFile?: string | undefined;
  /** Wall time without a usable quote after which a held position counts as unpriced. */
  readonly unpricedAfterMs?: number;
  /** Called with what has been stored in the books. */
  readonly onStored?: (entry: LedgerEntry) => void;
}

/** What a broker may know of the service that it works for. */
export interface BrokerTools {
  /** True only while no other process can have been given the lease. */
  readonly mayTrade: () => boolean;
  /** Price of a currency in the books' currency; undefined where nothing is known of it. */
  readonly findPrice: (currency: string) => Money | undefined;
}

export interface Account extends Pick<AccountCheckOptions, 'venue'> {
  /** What the account holds of the books' currency. */
  readonly readEquity: () => Promise<Money>;
  readonly reconcileEveryMs: number;
}
