import type { Halt } from '../../domain/halt.js';
import type { BookKey } from '../../domain/trade.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { HaltBoard } from '../halts/halt-board.js';
import { HaltWatch, type HaltOrder, type HaltWatchOptions } from '../halts/halt-watch.js';
import { sellAll, sellNow } from '../orders/sell-now.js';
import type { TradingParts } from '../parts/trading-parts.js';

/** Wall time between two looks at halts that others made. */
const WATCH_INTERVAL_MS = 1_000;

export interface TradingControlOptions extends HaltWatchOptions {
  readonly getKey: () => BookKey;
  /** Runs one after another with trading, while this process trades; undefined where it does not. */
  readonly serially: <T>(work: (parts: TradingParts) => Promise<T>) => Promise<T | undefined>;
  /** Stores the value of now, from which on losses count. */
  readonly valueAfresh: (parts: TradingParts) => Promise<void>;
  readonly hasOpenPositions: () => boolean;
}

/** Whether a position was sold; `missing` where there is none. */
export interface CloseAnswer {
  readonly status: 'done' | 'missing' | 'refused';
  /** Why not. */
  readonly reason: string;
}

/** What a person may order of trading: halt, resume, close a position. */
export class TradingControl {
  readonly #options: TradingControlOptions;
  readonly #watch: HaltWatch;
  readonly #ending = new AbortController();
  readonly #clock: Clock;
  readonly #logger: Logger;
  #watching: Promise<void> | undefined;
  #isResuming = false;

  constructor(options: TradingControlOptions) {
    this.#options = options;
    this.#watch = new HaltWatch(options);
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  get board(): HaltBoard {
    return this.#watch.board;
  }

  /** The halt that lasts longest. */
  find(): Halt | undefined {
    return this.board.find(this.#clock.marketMs());
  }

  /** Begins to look at halts of other processes and at the halt file. */
  start(): void {
    this.#watching ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#watching;
  }

  /** Asks for halts that others have stored meanwhile. */
  async refresh(): Promise<void> {
    await this.#watch.refresh(this.#options.getKey());
  }

  /** The same before the marks that losses are counted from are read: they begin with the last resumption. */
  async recall(): Promise<void> {
    await this.refresh();
    this.board.noteMarks();
  }

  /**
   * Freezes entries from now on, until a person resumes. Exits go on. Also on a process that stands by: the
   * one that trades sees it within a second.
   */
  async halt(order: Omit<HaltOrder, 'cause'>): Promise<Halt> {
    const { reason, author, isCloseAll } = order;
    this.#logger.warn('Trading is halted: no position is opened until it is resumed', {
      reason,
      author,
    });
    const stored = { cause: 'person', reason, author, isCloseAll } as const;
    const halt = await this.#watch.halt(this.#options.getKey(), stored);
    if (isCloseAll) await this.#options.serially((parts) => sellAll(parts, reason));
    return halt;
  }

  /** After a fault that needs a person. Exits go on as far as the fault lets them. */
  async haltByFault(reason: string): Promise<void> {
    const known = this.board.list(this.#clock.marketMs());
    // While a person ends the one that is known, another fault is news.
    if (!this.#isResuming && known.some(({ cause }) => cause === 'fault')) return;
    this.#logger.error('Trading is halted: no position is opened until it is resumed', { reason });
    const order = { cause: 'fault', reason, author: 'daemon', isCloseAll: false } as const;
    await this.#watch.halt(this.#options.getKey(), order).catch((error: unknown) => {
      this.#logger.error('The halt could not be stored yet; it holds in this process', { error });
    });
  }

  /** Ends every halt; losses are counted from now on. @returns the halt that is left: the file's */
  async resume(author: string): Promise<Halt | undefined> {
    this.#isResuming = true;
    const ended = await this.#watch.resume(this.#options.getKey(), author).finally(() => {
      this.#isResuming = false;
    });
    this.#logger.warn('Trading is resumed', { author, ended });
    await this.#countAfresh();
    return this.find();
  }

  async closePosition(uid: string, author: string): Promise<CloseAnswer> {
    const answer = await this.#options.serially(async (parts): Promise<CloseAnswer> => {
      const position = await parts.stores.positions.find(uid);
      const { venue, account } = parts.rules;
      if (position?.account !== account || position.venue !== venue) {
        return { status: 'missing', reason: `There is no position ${uid}` };
      }
      if (position.status !== 'open') {
        return { status: 'refused', reason: `The position is ${position.status}` };
      }
      await sellNow(parts, position, { exitReason: 'manual', reason: `closed by ${author}` });
      return { status: 'done', reason: '' };
    });
    return answer ?? { status: 'refused', reason: 'This daemon stands by and does not trade' };
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    const isOver = (): boolean => signal.aborted;
    let isFailing = false;
    while (!isOver()) {
      await this.#clock.sleep(WATCH_INTERVAL_MS, signal).catch(() => undefined);
      if (isOver()) return;
      try {
        await this.#look();
        isFailing = false;
      } catch (error) {
        if (!isFailing) this.#logger.warn('Halts cannot be read at the moment', { error });
        isFailing = true;
      }
    }
  }

  /** Notices what others did, and sells what a halt wants sold. */
  async #look(): Promise<void> {
    const { getKey, serially, hasOpenPositions } = this.#options;
    await this.#watch.refresh(getKey());
    if (this.board.isResumed) await this.#countAfresh();
    const closing = this.board.findCloseAll(this.#clock.marketMs());
    if (closing === undefined || !hasOpenPositions()) return;
    await serially((parts) => sellAll(parts, closing.reason));
  }

  /** From now on losses are counted from the value of now. */
  async #countAfresh(): Promise<void> {
    const { serially, valueAfresh } = this.#options;
    await serially((parts) => {
      this.board.noteMarks();
      return valueAfresh(parts);
    });
  }
}
