import type { Candle } from '../domain/candle.js';
import type { Decision } from '../domain/decision.js';
import type { ModelKey } from '../domain/model-key.js';
import type { Series } from '../domain/market.js';
import type { Signal } from '../domain/signal.js';
import { closeTimeOf, type Timeframe } from '../domain/timeframe.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { Turns } from '../lib/turns.js';
import type { RecentBars } from '../signals/recent-bars.js';
import type { MadeSignal, SignalMaker, SignalRequest } from '../signals/signal-maker.js';
import type { SignalContext } from '../trading/signal-context.js';
import type { TradingService } from '../trading/service/trading-service.js';
import { DecisionQuotes } from './decision-quotes.js';
import { ReferenceGate } from './reference-gate.js';
import { SeriesQueue } from './series-queue.js';

/** Bars of a long downtime that are recorded one by one; older ones are only counted in the log. */
const MAX_SKIPPED_BARS = 1000;

const ACTING: ReadonlySet<string> = new Set(['open', 'close']);

export interface CandlePipelineOptions {
  readonly bots: readonly string[];
  readonly referenceSymbol: string;
  /** Symbols that are collected for others to look at, and not decided on. */
  readonly contextSymbols: ReadonlySet<string>;
  /** What the maker of a signal knows about it. */
  readonly findContext: (signal: Signal) => Promise<SignalContext>;
  readonly signals: Pick<SignalMaker, 'makeSignal'>;
  readonly trading: Pick<TradingService, 'onSignal' | 'skipLate' | 'onClosedCandles'>;
  readonly bars: Pick<RecentBars, 'append' | 'forget'>;
  /** Fetches prices of all symbols by one bulk call and hands them to trading. */
  readonly refreshQuotes: (signal: AbortSignal) => Promise<void>;
  readonly stores: {
    readonly candles: {
      latest(seriesId: number, count: number): Promise<readonly Candle[]>;
      read(seriesId: number, span: { readonly fromOpenTime?: number }): Promise<readonly Candle[]>;
    };
    readonly decisions: { lastDecidedOpenTime(key: ModelKey): Promise<number | undefined> };
  };
  /** Market time after a candle's close within which it is acted on. */
  readonly decisionLagMs: (timeframe: Timeframe) => number;
  /** Market milliseconds in one of wall time. */
  readonly marketSpeed: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Called with each new signal once it is stored. */
  readonly onSignal?: (signal: Signal) => void;
}

/**
 * Gives every closed candle one signal and one decision. The newest candle is acted on; those that closed
 * while the daemon was away are recorded as skipped. Candles of one series are taken one after another.
 */
export class CandlePipeline {
  readonly #options: CandlePipelineOptions;
  readonly #gate: ReferenceGate;
  readonly #queue: SeriesQueue;
  readonly #quotes: DecisionQuotes;
  readonly #ready = new Set<number>();
  /** Candles of all series close at once, and SQLite answers within one turn of the event loop. */
  readonly #turns = new Turns();

  constructor(options: CandlePipelineOptions) {
    this.#options = options;
    this.#gate = new ReferenceGate(options.clock);
    this.#queue = new SeriesQueue(options);
    this.#quotes = new DecisionQuotes(options);
  }

  /** The history of a series is complete: its newest candle gets a decision if it has none. */
  seriesReady(series: Series): void {
    this.#ready.add(series.id);
    this.#queue.add(series, () => this.#catchUp(series));
  }

  /** New candles were stored. During the back-fill they are history and get no decision. */
  closedCandles(series: Series, candles: readonly Candle[]): void {
    for (const candle of candles) {
      this.#options.bars.append(series, { openTime: candle.openTime, candle });
    }
    if (!this.#ready.has(series.id)) return;
    this.#openGate(series, candles.at(-1));
    if (this.#isContextOnly(series)) return;
    this.#queue.add(series, async () => {
      await this.#options.trading.onClosedCandles(series, candles);
      if (this.#queue.isBehind(series)) await this.#catchUp(series);
      else await this.#decide(series, candles);
    });
  }

  /** Series whose newest candle has no decision, because making it failed. */
  get undecided(): readonly { readonly series: Series; readonly reason: string }[] {
    return this.#queue.behind;
  }

  /** Decides once more on the newest candle of each series whose last decision failed. */
  retry(): void {
    for (const { series } of this.#queue.behind) {
      this.#queue.add(series, () => this.#catchUp(series));
    }
  }

  /** Stored history changed: what memory keeps of it is read again. */
  revised(series: Series): void {
    this.#options.bars.forget(series);
  }

  /** A model began to serve: the newest candle is decided once more, by it. */
  promoted(key: ModelKey, series: Series): void {
    this.#queue.add(series, async () => {
      // The end of this work takes the series off the list of those that are behind: of all its bots.
      if (this.#queue.isBehind(series)) await this.#catchUp(series);
      const [newest] = await this.#options.stores.candles.latest(series.id, 1);
      if (newest === undefined) return;
      await this.#decideOne({ key, candleOpenTime: newest.openTime, cause: 'promotion' });
    });
  }

  /** Resolves when nothing is under way. */
  async stop(): Promise<void> {
    await this.#queue.settled();
    await this.#quotes.settled();
  }

  async #catchUp(series: Series): Promise<void> {
    const [newest] = await this.#options.stores.candles.latest(series.id, 1);
    if (newest === undefined) return;
    this.#openGate(series, newest);
    if (this.#isContextOnly(series)) return;
    for (const bot of this.#options.bots) {
      const key = toKey(series, bot);
      const decided = await this.#options.stores.decisions.lastDecidedOpenTime(key);
      const missed = decided === undefined ? [newest] : await this.#readMissed(series, decided);
      // What closed while the daemon was away may have gone through a stop or a target.
      await this.#options.trading.onClosedCandles(series, missed);
      await this.#decideFor(key, missed, 'start');
    }
  }

  async #readMissed(series: Series, decidedOpenTime: number): Promise<readonly Candle[]> {
    const fromOpenTime = decidedOpenTime + 1;
    const missed = await this.#options.stores.candles.read(series.id, { fromOpenTime });
    if (missed.length > MAX_SKIPPED_BARS) {
      const bars = missed.length - MAX_SKIPPED_BARS;
      const message = 'Long away: the oldest bars are skipped without a row of their own';
      this.#options.logger.warn(message, { symbol: series.symbol, bars });
    }
    return missed.slice(-MAX_SKIPPED_BARS);
  }

  async #decide(series: Series, candles: readonly Candle[]): Promise<void> {
    for (const bot of this.#options.bots) {
      await this.#decideFor(toKey(series, bot), candles, 'closed');
    }
  }

  async #decideFor(
    key: ModelKey,
    candles: readonly Candle[],
    cause: SignalRequest['cause'],
  ): Promise<void> {
    const newest = candles.at(-1);
    for (const { openTime } of candles) {
      if (this.#options.signal.aborted) return;
      const request = { key, candleOpenTime: openTime, cause };
      if (openTime === newest?.openTime) await this.#decideOne(request);
      else await this.#skipOne(request);
    }
  }

  /** From the newest candle to its signal, from the signal to its decision. */
  async #decideOne(request: SignalRequest): Promise<void> {
    await this.#awaitContext(request);
    const made = await this.#makeSignal(request);
    const context = await this.#options.findContext(made.signal);
    const answer = await this.#options.trading.onSignal(made.signal, context);
    if (answer.status !== 'decided') return;
    if (ACTING.has(answer.decision.action)) this.#quotes.refreshForFills();
    if (made.isNew) this.#log(made.signal, answer.decision);
  }

  /** A candle that is not the newest any more: its signal is recorded and not acted on. */
  async #skipOne(request: SignalRequest): Promise<void> {
    const { signal } = await this.#makeSignal(request);
    await this.#options.trading.skipLate(signal);
  }

  /** The reference's candle of the same bar, within a limit, and prices of now. */
  async #awaitContext({ key, candleOpenTime }: SignalRequest): Promise<void> {
    const { referenceSymbol, decisionLagMs, marketSpeed, signal } = this.#options;
    if (key.symbol !== referenceSymbol) {
      const limitMs = decisionLagMs(key.timeframe) / 2 / marketSpeed;
      await this.#gate.wait(key.timeframe, candleOpenTime, { limitMs, signal });
    }
    await this.#quotes.refreshFor(closeTimeOf(candleOpenTime, key.timeframe));
    // A stop ends these waits too: the candle is decided at the next start, when more is known.
    signal.throwIfAborted();
  }

  async #makeSignal(request: SignalRequest): Promise<MadeSignal> {
    await this.#turns.next();
    const made = await this.#options.signals.makeSignal(request);
    if (made.isNew) this.#options.onSignal?.(made.signal);
    return made;
  }

  #log(signal: Signal, { action, reason }: Decision): void {
    const { prediction, confidence, source, symbol, timeframe, bot, candleOpenTime } = signal;
    const why = source === 'fallback' ? { fallback_reason: signal.fallbackReason } : {};
    this.#options.logger.info(
      `${prediction} ${confidence.toFixed(1)} by ${source}: ${action} (${reason})`,
      { symbol, timeframe, bot, ...why, candle: new Date(candleOpenTime).toISOString() },
    );
  }

  #isContextOnly({ symbol }: Series): boolean {
    return this.#options.contextSymbols.has(symbol);
  }

  #openGate(series: Series, newest: Candle | undefined): void {
    if (series.symbol !== this.#options.referenceSymbol || newest === undefined) return;
    this.#gate.open(series.timeframe, newest.openTime);
  }
}

function toKey({ venue, symbol, timeframe }: Series, bot: string): ModelKey {
  return { venue, symbol, timeframe, bot };
}
