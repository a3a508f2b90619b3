import type { Candle } from '../domain/candle.js';
import type { ModelKey } from '../domain/model-key.js';
import type { Series } from '../domain/market.js';
import type { Signal } from '../domain/signal.js';
import { closeTimeOf, type Timeframe } from '../domain/timeframe.js';
import type { Clock } from '../lib/clock.js';
import { messageOf, RejectedError, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { RecentBars } from '../signals/recent-bars.js';
import type { SignalMaker, SignalRequest } from '../signals/signal-maker.js';
import type { TradingService } from '../trading/trading-service.js';
import { ReferenceGate } from './reference-gate.js';

/** Bars of a long downtime that are recorded one by one; what lies before them is logged once. */
const MAX_SKIPPED_BARS = 1000;

/** Wall time in which the decisions of one bar gather before prices are asked for once more. */
const FILL_QUOTES_AFTER_MS = 250;

const ACTING: ReadonlySet<string> = new Set(['open', 'close']);

export interface CandlePipelineOptions {
  readonly bots: readonly string[];
  readonly referenceSymbol: string;
  /** Symbols that are collected for others to look at, and not decided on. */
  readonly contextSymbols: ReadonlySet<string>;
  /** Bars that a signal looks ahead. */
  readonly findHorizonBars: (signal: Signal) => Promise<number>;
  readonly signals: Pick<SignalMaker, 'makeSignal'>;
  readonly trading: Pick<TradingService, 'onSignal' | 'skipLate' | 'onClosedCandles'>;
  readonly bars: Pick<RecentBars, 'append' | 'forget'>;
  /** Fetches prices of all symbols by one bulk call and hands them to trading. */
  readonly refreshQuotes: () => Promise<void>;
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
  /** Told of each new signal once it is stored. */
  readonly onSignal?: (signal: Signal) => void;
}

/**
 * Gives every closed candle its signal and its decision, once: the newest one at once, and those that
 * closed while nobody looked as skipped. Candles of one series are taken one after another.
 */
export class CandlePipeline {
  readonly #options: CandlePipelineOptions;
  readonly #gate: ReferenceGate;
  readonly #chains = new Map<number, Promise<void>>();
  readonly #ready = new Set<number>();
  /** Series with a candle whose decision failed. */
  readonly #behind = new Map<number, Series>();
  readonly #quotesAt = new Map<number, Promise<void>>();
  #fillQuotes: Promise<void> | undefined;

  constructor(options: CandlePipelineOptions) {
    this.#options = options;
    this.#gate = new ReferenceGate(options.clock);
  }

  /** The history of a series is complete: its newest candle gets a decision if it has none. */
  seriesReady(series: Series): void {
    this.#ready.add(series.id);
    this.#after(series, () => this.#catchUp(series));
  }

  /** New candles were stored. During the back-fill they are history and get no decision. */
  closedCandles(series: Series, candles: readonly Candle[]): void {
    for (const candle of candles) {
      this.#options.bars.append(series, { openTime: candle.openTime, candle });
    }
    if (!this.#ready.has(series.id)) return;
    this.#openGate(series, candles.at(-1));
    if (this.#isContextOnly(series)) return;
    this.#after(series, async () => {
      await this.#options.trading.onClosedCandles(series, candles);
      if (this.#behind.has(series.id)) await this.#catchUp(series);
      else await this.#decide(series, candles);
    });
  }

  /** Looks again at the series whose last decision failed. */
  retry(): void {
    for (const series of this.#behind.values()) {
      this.#after(series, () => this.#catchUp(series));
    }
  }

  /** Stored history changed: what is kept of it in memory is read anew. */
  revised(series: Series): void {
    this.#options.bars.forget(series);
  }

  /** A model began to serve: the newest candle is looked at once more. */
  promoted(key: ModelKey, series: Series): void {
    this.#after(series, async () => {
      const [newest] = await this.#options.stores.candles.latest(series.id, 1);
      if (newest === undefined) return;
      await this.#decideOne({ key, candleOpenTime: newest.openTime, cause: 'promotion' });
    });
  }

  /** Resolves when nothing is under way. */
  async stop(): Promise<void> {
    await Promise.all(this.#chains.values());
    await this.#fillQuotes;
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
      // What closed while nobody looked may have gone through a stop or a target.
      await this.#options.trading.onClosedCandles(series, missed);
      await this.#decideFor(key, missed, 'start');
    }
  }

  async #readMissed(series: Series, decidedOpenTime: number): Promise<readonly Candle[]> {
    const fromOpenTime = decidedOpenTime + 1;
    const missed = await this.#options.stores.candles.read(series.id, { fromOpenTime });
    if (missed.length > MAX_SKIPPED_BARS) {
      this.#options.logger.warn(
        'Long away: the oldest bars are skipped without a row of their own',
        {
          symbol: series.symbol,
          bars: missed.length - MAX_SKIPPED_BARS,
        },
      );
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

  async #decideOne(request: SignalRequest): Promise<void> {
    const { signals, trading, signal } = this.#options;
    const { key, candleOpenTime } = request;
    if (key.symbol !== this.#options.referenceSymbol) {
      const limitMs = this.#options.decisionLagMs(key.timeframe) / 2 / this.#options.marketSpeed;
      await this.#gate.wait(key.timeframe, candleOpenTime, { limitMs, signal });
    }
    await this.#quotesFor(closeTimeOf(candleOpenTime, key.timeframe));
    // A stop wakes whoever waits: what is not known then is decided at the next start.
    signal.throwIfAborted();
    const made = await signals.makeSignal(request);
    if (made.isNew) this.#options.onSignal?.(made.signal);
    const horizonBars = await this.#options.findHorizonBars(made.signal);
    const answer = await trading.onSignal(made.signal, { horizonBars });
    if (answer.status !== 'decided') return;
    if (ACTING.has(answer.decision.action)) this.#fetchFillQuotes();
    if (!made.isNew) return;
    const { prediction, confidence, source } = made.signal;
    const why = source === 'fallback' ? { fallback_reason: made.signal.fallbackReason } : {};
    this.#options.logger.info(
      `${prediction} ${confidence.toFixed(1)} by ${source}: ${answer.decision.action} (${answer.decision.reason})`,
      { ...named(key), ...why, candle: new Date(candleOpenTime).toISOString() },
    );
  }

  async #skipOne(request: SignalRequest): Promise<void> {
    const { signal, isNew } = await this.#options.signals.makeSignal(request);
    if (isNew) this.#options.onSignal?.(signal);
    await this.#options.trading.skipLate(signal);
  }

  /** One bulk call for everything that closed together; without prices decisions say so themselves. */
  #quotesFor(closeTime: number): Promise<void> {
    const known = this.#quotesAt.get(closeTime);
    if (known !== undefined) return known;
    const asked = this.#options.refreshQuotes().catch((error: unknown) => {
      this.#options.logger.warn('No prices for the decisions of this bar', {
        reason: messageOf(error),
      });
    });
    this.#quotesAt.clear();
    this.#quotesAt.set(closeTime, asked);
    return asked;
  }

  /** An order fills at the first quote after its decision: one call soon serves all that just decided. */
  #fetchFillQuotes(): void {
    this.#fillQuotes ??= this.#options.clock
      .sleep(FILL_QUOTES_AFTER_MS, this.#options.signal)
      .then(() => this.#options.refreshQuotes())
      .catch((error: unknown) => {
        if (this.#options.signal.aborted) return;
        this.#options.logger.warn('No prices to fill by yet', { reason: messageOf(error) });
      })
      .finally(() => (this.#fillQuotes = undefined));
  }

  #isContextOnly({ symbol }: Series): boolean {
    return this.#options.contextSymbols.has(symbol);
  }

  #openGate(series: Series, newest: Candle | undefined): void {
    if (series.symbol !== this.#options.referenceSymbol || newest === undefined) return;
    this.#gate.open(series.timeframe, newest.openTime);
  }

  #after(series: Series, work: () => Promise<void>): void {
    const before = this.#chains.get(series.id) ?? Promise.resolve();
    this.#chains.set(
      series.id,
      before.then(() => this.#guarded(series, work)),
    );
  }

  async #guarded(series: Series, work: () => Promise<void>): Promise<void> {
    const { logger, signal } = this.#options;
    const isStopping = (): boolean => signal.aborted;
    if (isStopping()) return;
    try {
      await work();
      this.#behind.delete(series.id);
    } catch (error) {
      if (isStopping()) return;
      this.#behind.set(series.id, series);
      const fields = { symbol: series.symbol, timeframe: series.timeframe };
      if (error instanceof TransientError || error instanceof RejectedError) {
        logger.warn(`No decision: ${error.message}`, fields);
      } else {
        logger.error('A decision failed', { ...fields, error });
      }
    }
  }
}

function toKey({ venue, symbol, timeframe }: Series, bot: string): ModelKey {
  return { venue, symbol, timeframe, bot };
}

function named({ symbol, timeframe, bot }: ModelKey): Record<string, string> {
  return { symbol, timeframe, bot };
}
