import type { Instrument } from '../../domain/market.js';
import type { BookKey } from '../../domain/trade.js';
import type { ClosedTrades } from '../../risk/closed-trades.js';
import type { EquityMarks } from '../../risk/equity-marks.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { Books } from '../books/books.js';
import type { Broker } from '../broker/broker.js';
import type { HaltBoard } from '../halts/halt-board.js';
import type { Ledger } from '../books/ledger.js';
import type { Quotes } from '../books/quote-board.js';
import type { TradingRules } from '../trading-rules.js';
import type { TradingStores } from '../trading-stores.js';

/** What the steps of a tick work with. */
export interface TradingParts {
  readonly rules: TradingRules;
  /** For reading; every write goes through the ledger. */
  readonly stores: TradingStores;
  readonly ledger: Ledger;
  readonly books: Books;
  readonly quotes: Quotes;
  readonly closedTrades: ClosedTrades;
  readonly equityMarks: EquityMarks;
  readonly halts: HaltBoard;
  readonly broker: Broker;
  readonly clock: Clock;
  /** A new name for a decision, order, position or fill. */
  readonly newUid: () => string;
  readonly logger: Logger;
  /** What was said once and is not to be said each second. */
  readonly said: Set<string>;
  readonly findInstrument: (symbol: string) => Instrument | undefined;
  /**
   * Standard deviation of the symbol's log return over a day, by candles that closed until that market
   * time; undefined where there are too few.
   */
  readonly findVolatility: (symbol: string, closedBy: number) => Promise<number | undefined>;
  /** Asks for halts that others have stored meanwhile. */
  readonly refreshHalts: () => Promise<void>;
  /** Why no position is opened at the moment; undefined when entries are free. */
  readonly findEntryFreeze: () => string | undefined;
}

export function bookKeyOf(rules: TradingRules): BookKey {
  return { venue: rules.venue, account: rules.account };
}
