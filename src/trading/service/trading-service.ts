import PQueue from 'p-queue';
import type { Candle } from '../../domain/candle.js';
import type { Decision } from '../../domain/decision.js';
import type { Quote, Series } from '../../domain/market.js';
import type { Signal } from '../../domain/signal.js';
import type { BookKey, EquityPoint, Position } from '../../domain/trade.js';
import { HaltError, messageOf, RejectedError, TransientError } from '../../lib/errors.js';
import { newUid } from '../../lib/uid.js';
import { Books } from '../books/books.js';
import type { Broker, RefusedSale } from '../broker/broker.js';
import { chooseBooks } from '../books/choose-books.js';
import { findDifferences } from '../books/find-differences.js';
import { guardByCandles, guardByQuotes } from '../exits/guard-positions.js';
import type { Halt } from '../../domain/halt.js';
import { LeaseKeeper } from '../../coordination/lease-keeper.js';
import { Ledger, type LedgerEntry } from '../books/ledger.js';
import { keepStops } from '../orders/venue-stops.js';
import { AccountChecks, type AccountFault } from '../recovery/account-checks.js';
import { QuoteBoard } from '../books/quote-board.js';
import { reconcile, settleUnsettled } from '../recovery/reconcile.js';
import { recallRisk, volatilityReader } from '../parts/recall-risk.js';
import { AccountWatch } from './account-watch.js';
import type { TradingServiceOptions } from './trading-options.js';
import { TradingControl } from './trading-control.js';
import { sellAgain, toUnsold, type Unsold } from '../orders/sell-now.js';
import type { SignalContext } from '../signal-context.js';
import { recordLate, tick } from '../tick/tick.js';
import { isWorthKeeping, watchEquity } from './watch-equity.js';
import { bookKeyOf, type TradingParts } from '../parts/trading-parts.js';
import { findUnpriced, type UnpricedPosition } from '../positions/unpriced-positions.js';

/** As long as a few bulk calls for prices take at the default interval. */
const UNPRICED_AFTER_MS = 180_000;

/** Other work has priority 0. */
const BEFORE_ALL_THAT_WAITS = 1;

export type TradingState = 'active' | 'standby' | 'stopped';

/** What came of a signal: its decision, or nothing because this process may not trade. */
export type SignalAnswer =
  | { readonly status: 'decided'; readonly decision: Decision }
  | { readonly status: 'not_trading'; readonly state: TradingState };

export interface TradingStatus {
  readonly state: TradingState;
  readonly account: string;
  readonly currency: string;
  readonly timeframe: string;
  readonly bot: string;
  /** Who trades while this process stands by. */
  readonly leaseHolder: string | undefined;
  /** Value of the books at the newest quotes; undefined until they were first read. */
  readonly books: EquityPoint | undefined;
  readonly openPositions: number;
  /** Why no position is opened, other than by a halt. */
  readonly entryFreeze: string | undefined;
  /** The halt that lasts longest. */
  readonly halt: Halt | undefined;
  /** Orders of which the exchange has not said yet what became of them. */
  readonly unknownOrders: number;
  readonly warnings: readonly string[];
}

/**
 * Trades on signals, quotes and closed candles, one after another, while this process holds the
 * lease. Starting is recovering: whenever it becomes active, also after an error, the books are read
 * and reconciled again.
 */
export class TradingService {
  readonly #lease: LeaseKeeper;
  readonly #quotes = new QuoteBoard();
  readonly #warnings = new Set<string>();
  readonly #said = new Set<string>();
  #parts: TradingParts | undefined;
  #lastPoint: EquityPoint | undefined;
  #valued: EquityPoint | undefined;
  /** Positions that are opening, open or closing, as they were last read. */
  #held: readonly Position[] = [];
  /** Wall time at which the symbol was last quoted, or first missed. */
  readonly #quotedAt = new Map<string, number>();
  /** Names the books once `start` has chosen them. */
  #books: BookKey | undefined;
  #isRunning = false;
  /** One piece of work after another. Callers wait for their own, so what queues up here is no more than they are. */
  readonly #work = new PQueue({ concurrency: 1 });

  readonly #options: TradingServiceOptions;
  readonly #broker: Broker;
  readonly #checks: AccountChecks | undefined;
  readonly #watch: AccountWatch | undefined;
  readonly control: TradingControl;

  constructor(options: TradingServiceOptions) {
    this.#options = options;
    const { stores, clock, logger, rules, holder, account } = options;
    this.#lease = new LeaseKeeper({
      name: 'trading',
      leases: stores.leases,
      clock,
      logger,
      holder,
      key: bookKeyOf(rules),
    });
    this.control = new TradingControl({
      halts: stores.halts,
      clock,
      logger,
      file: options.haltFile,
      getKey: () => this.#key(),
      serially: (work) => this.#serially(work),
      valueAfresh: (parts) => this.#valueAfresh(parts),
      hasOpenPositions: () => this.#held.some(({ status }) => status === 'open'),
    });
    const findPrice = (name: string) => this.#quotes.bidOf(`${name}/${rules.currency}`);
    this.#broker = options.createBroker({ mayTrade: () => this.#lease.isHeld(), findPrice });
    if (account === undefined) return;
    const { venue, reconcileEveryMs } = account;
    const { marketSpeed } = rules;
    const times = { clock, reconcileEveryMs, marketSpeed };
    this.#checks = new AccountChecks({ venue, findPrice, logger, ...times });
    this.#watch = new AccountWatch({ clock, logger, look: () => this.#lookAtAccount() });
  }

  /** Asks for the lease and, holding it, recovers what an earlier process left unfinished. */
  async start(): Promise<void> {
    this.#books = await chooseBooks(this.#options.stores, this.#options.rules);
    this.#isRunning = true;
    await this.control.refresh();
    await this.#lease.start();
    await this.#recoverOrWait();
    this.control.start();
    this.#watch?.start();
  }

  /** An exchange that does not answer now is asked again with each look, and nothing is decided before it has. */
  async #recoverOrWait(): Promise<void> {
    try {
      await this.#serially(async () => undefined);
    } catch (error) {
      const isAnswer = error instanceof TransientError || error instanceof RejectedError;
      if (this.#watch === undefined || !isAnswer) throw error;
      this.#options.logger.warn('The account cannot be read yet: nothing is decided', { error });
    }
  }

  /** Finishes the work under way and releases the lease. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#watch?.stop();
    await this.control.stop();
    await this.#work.onIdle();
    await this.#lease.stop();
  }

  /** Decides on the signal of a candle that has just closed, once, and acts on the decision. */
  async onSignal(signal: Signal, context: SignalContext): Promise<SignalAnswer> {
    return this.#answer((parts) => tick(parts, signal, context));
  }

  /** Records a signal of a candle that is not the newest any more as too late. */
  async skipLate(signal: Signal): Promise<SignalAnswer> {
    return this.#answer((parts) => recordLate(parts, signal));
  }

  /** The newest quote of a symbol at the venue that is traded. */
  readonly findQuote = (symbol: string): Quote | undefined => this.#quotes.find(symbol);

  /**
   * Acts on quotes before whatever begins next. Within one piece of work they do not change: what a decision saw is what
   * was acted on before it, which is how parity can repeat it.
   */
  async onQuotes(quotes: readonly Quote[]): Promise<void> {
    await this.#work.add(() => this.#whileActive((parts) => this.#takeQuotes(parts, quotes)), {
      priority: BEFORE_ALL_THAT_WAITS,
    });
  }

  /** Fills what waits for a quote, then checks stop, target and holding time, then values the books. */
  async #takeQuotes(parts: TradingParts, quotes: readonly Quote[]): Promise<void> {
    const taken = this.#quotes.update(quotes);
    const nowMs = this.#options.clock.wallMs();
    for (const symbol of taken) this.#quotedAt.set(symbol, nowMs);
    await settleUnsettled(parts);
    await guardByQuotes(parts, taken);
    await this.#value(parts);
  }

  /**
   * Checks newly stored closed candles (ascending) against stop and target, whatever their timeframe:
   * finer ones also cover the trading bar that contains the entry.
   */
  async onClosedCandles(series: Series, candles: readonly Candle[]): Promise<void> {
    await this.#serially((parts) => guardByCandles(parts, series, candles));
  }

  /** What is held or on its way, with the reason why it is not sold yet. */
  unsold(): readonly Unsold[] {
    return toUnsold(this.#held, this.#broker.refusedSales);
  }

  /** Symbols of all positions, also of those that are not configured or listed any more. */
  heldSymbols(): readonly string[] {
    return [...new Set(this.#held.map(({ symbol }) => symbol))];
  }

  /** Positions that had no usable quote for longer than allowed: nothing can guard them. */
  unpricedPositions(): readonly UnpricedPosition[] {
    if (this.#state() !== 'active') return [];
    return findUnpriced(this.#held, {
      quotes: this.#quotes,
      quotedAt: this.#quotedAt,
      wallMs: this.#options.clock.wallMs(),
      afterMs: this.#options.unpricedAfterMs ?? UNPRICED_AFTER_MS,
    });
  }

  /** Positions whose last attempts to sell them were refused. */
  refusedPositions(): readonly RefusedSale[] {
    const held = new Set(this.heldSymbols());
    return this.#broker.refusedSales.filter(({ symbol }) => held.has(symbol));
  }

  /** Why it is not known what the account at the exchange holds, while that is so. */
  accountFault(): AccountFault | undefined {
    if (this.#state() !== 'active') return undefined;
    return this.#watch?.fault ?? this.#checks?.fault;
  }

  status(): TradingStatus {
    const { rules } = this.#options;
    return {
      state: this.#state(),
      account: (this.#books ?? rules).account,
      currency: rules.currency,
      timeframe: rules.timeframe,
      bot: rules.bot,
      leaseHolder: this.#lease.otherHolder,
      books: this.#valued,
      openPositions: this.#held.length,
      entryFreeze: this.#checks?.entryFreeze ?? this.#options.findEntryFreeze?.(),
      halt: this.control.find(),
      unknownOrders: this.#broker.unknownOrders,
      warnings: [...this.#warnings],
    };
  }

  #state(): TradingState {
    if (!this.#isRunning) return 'stopped';
    return this.#lease.isHeld() ? 'active' : 'standby';
  }

  async #answer(work: (parts: TradingParts) => Promise<Decision>): Promise<SignalAnswer> {
    const decision = await this.#serially(work);
    if (decision === undefined) return { status: 'not_trading', state: this.#state() };
    return { status: 'decided', decision };
  }

  #serially<T>(work: (parts: TradingParts) => Promise<T>): Promise<T | undefined> {
    return this.#work.add(() => this.#whileActive(work));
  }

  async #whileActive<T>(work: (parts: TradingParts) => Promise<T>): Promise<T | undefined> {
    if (this.#state() !== 'active') {
      this.#parts = undefined;
      this.#held = [];
      this.#quotedAt.clear();
      return undefined;
    }
    try {
      this.#parts ??= await this.#recover();
      const answer = await work(this.#parts);
      if (this.#parts.books.cash !== this.#valued?.cash) await this.#value(this.#parts);
      return answer;
    } catch (error) {
      // What is in memory may be behind what is stored: read it again before the next step.
      this.#parts = undefined;
      if (error instanceof HaltError) await this.control.haltByFault(messageOf(error));
      throw error;
    }
  }

  #findEntryFreeze(): string | undefined {
    const { clock, findEntryFreeze } = this.#options;
    const halted = this.control.board.findFreeze(clock.marketMs());
    return halted ?? this.#checks?.entryFreeze ?? findEntryFreeze?.();
  }

  #key(): BookKey {
    return this.#books ?? bookKeyOf(this.#options.rules);
  }

  /** After a person resumed: losses count from the value of now. */
  async #valueAfresh(parts: TradingParts): Promise<void> {
    parts.equityMarks.reset();
    this.#lastPoint = undefined;
    await this.#value(parts);
  }

  async #recover(): Promise<TradingParts> {
    const { rules, stores, clock, logger, findInstrument } = this.#options;
    const { key, books } = await this.#openBooks();
    await this.control.recall();
    const parts: TradingParts = {
      rules: { ...rules, account: key.account },
      stores,
      books,
      broker: this.#broker,
      clock,
      logger,
      findInstrument,
      quotes: this.#quotes,
      newUid: () => newUid(clock.wallMs()),
      ledger: new Ledger(stores, this.#lease, (entry) => this.#noteStored(entry)),
      said: this.#said,
      findEntryFreeze: () => this.#findEntryFreeze(),
      halts: this.control.board,
      refreshHalts: () => this.control.refresh(),
      findVolatility: volatilityReader(stores, rules),
      ...(await recallRisk(stores, { key, rules, nowMs: clock.marketMs() })),
    };
    this.#quotes.update((await stores.prices.latest(rules.venue)).values());
    this.#lastPoint = await stores.equity.latest(key);
    await reconcile(parts, async () => this.#haltBy(await this.#checks?.atStart(parts)));
    await this.#value(parts);
    return parts;
  }

  /** What went out and what rests is looked at each second, the whole account now and then. */
  async #lookAtAccount(): Promise<void> {
    await this.#serially(async (parts) => {
      await settleUnsettled(parts);
      await sellAgain(parts);
      await keepStops(parts);
      await this.#haltBy(await this.#checks?.ifDue(parts));
    });
  }

  async #haltBy(fault: string | undefined): Promise<void> {
    if (fault !== undefined) await this.control.haltByFault(fault);
  }

  async #openBooks(): Promise<{ key: BookKey; books: Books }> {
    const { rules, stores, logger, account: atVenue } = this.#options;
    const key = this.#books ?? (await chooseBooks(stores, rules));
    const { currency } = rules;
    const all = await stores.accounts.list(rules.venue);
    let account = all.find((one) => one.account === key.account);
    if (account === undefined) {
      // Only the first time: later a start does not depend on the exchange's answer.
      const initialEquity = (await atVenue?.readEquity()) ?? rules.paperEquity;
      account = await stores.accounts.ensure({ ...key, currency, initialEquity });
    }
    const warnings = atVenue === undefined ? findDifferences(account, rules) : [];
    for (const warning of warnings) {
      if (!this.#warnings.has(warning)) logger.warn(warning);
      this.#warnings.add(warning);
    }
    const fillsCash = await stores.fills.sumCash(key);
    const books = new Books(key, account.initialEquity, fillsCash);
    return { key, books };
  }

  /** Remembers what is held; the wait for a first quote begins now. */
  #hold(held: readonly Position[]): void {
    this.#held = held;
    const nowMs = this.#options.clock.wallMs();
    for (const { symbol } of held) {
      if (!this.#quotedAt.has(symbol)) this.#quotedAt.set(symbol, nowMs);
    }
  }

  #noteStored(entry: LedgerEntry): void {
    const stored = entry.opened ?? entry.changed?.to;
    if (stored !== undefined) {
      const others = this.#held.filter(({ uid }) => uid !== stored.uid);
      this.#hold(isOver(stored) ? others : [...others, stored]);
    }
    this.#options.onStored?.(entry);
  }

  /** Stores the value of the books once a bar and whenever the cash has changed. */
  async #value(parts: TradingParts): Promise<void> {
    const key = bookKeyOf(parts.rules);
    const held = await parts.stores.positions.listOpen(key);
    const point = parts.books.valueAt(parts.clock.marketMs(), held, this.#quotes);
    this.#hold(held);
    this.#valued = point;
    if (isWorthKeeping(point, this.#lastPoint, parts.rules)) {
      await parts.ledger.store({ valued: point });
      parts.equityMarks.note(point);
      this.#lastPoint = point;
    }
    await watchEquity(parts, point);
  }
}

function isOver({ status }: Position): boolean {
  return status === 'closed' || status === 'abandoned';
}
