import {
  DIRECTIONS,
  type Direction,
  type FallbackIndicators,
  type FallbackReason,
  type FallbackSignal,
  type Signal,
} from '../../domain/signal.js';
import { closeTimeOf, type Timeframe } from '../../domain/timeframe.js';
import { fallbackSeries, type FallbackSeries } from '../../signals/fallback-series.js';
import type { SignalContext } from '../../trading/signal-context.js';
import type { MarketHistory, SymbolHistory } from '../history/market-history.js';

/** What the signals of a run come from. */
export interface SignalSource {
  /** The signal of the bar of a symbol, by the symbol's place in the history and the bar's in its columns. */
  signalAt(symbolAt: number, at: number, openTime: number): Signal;
  contextOf(signal: Signal): SignalContext;
}

/** Whose signals a run asks for, and how far the rules look ahead. */
export interface FallbackOptions {
  readonly bot: string;
  readonly horizonBars: number;
}

/** The SMA/RSI rules alone, at every bar. */
export class FallbackSource implements SignalSource {
  readonly #context: SignalContext;
  readonly #symbols: readonly RuledSymbol[];

  constructor({ venue, timeframe, symbols }: MarketHistory, options: FallbackOptions) {
    const { bot, horizonBars } = options;
    this.#context = { horizonBars };
    this.#symbols = symbols.map((history, symbolAt) => {
      const series = history.rules ?? fallbackSeries(history.columns);
      return { venue, timeframe, bot, history, series, symbolAt };
    });
  }

  signalAt(symbolAt: number, at: number, openTime: number): BarSignal {
    return new BarSignal(this.#symbols[symbolAt] as RuledSymbol, at, openTime);
  }

  contextOf(): SignalContext {
    return this.#context;
  }
}

/** What the signals of a symbol have in common. */
interface RuledSymbol {
  readonly venue: string;
  readonly timeframe: Timeframe;
  readonly bot: string;
  readonly history: SymbolHistory;
  readonly series: FallbackSeries;
  /** Its place in the history. */
  readonly symbolAt: number;
}

/** The rules' signal of a bar. There is one for every bar, so it reads what it is asked for from the columns. */
class BarSignal implements FallbackSignal {
  readonly candleOpenTime: number;
  readonly #of: RuledSymbol;
  readonly #at: number;
  #reason: FallbackReason = 'untrained';

  constructor(of: RuledSymbol, at: number, candleOpenTime: number) {
    this.#of = of;
    this.#at = at;
    this.candleOpenTime = candleOpenTime;
  }

  /** The same where a model was to answer, and why it may not. */
  because(reason: FallbackReason): this {
    this.#reason = reason;
    return this;
  }

  get uid(): string {
    return `${this.#of.symbolAt}:${this.#at}`;
  }

  get venue(): string {
    return this.#of.venue;
  }

  get symbol(): string {
    return this.#of.history.instrument.symbol;
  }

  get timeframe(): Timeframe {
    return this.#of.timeframe;
  }

  get bot(): string {
    return this.#of.bot;
  }

  get close(): number {
    return this.#of.history.columns.close[this.#at] ?? NaN;
  }

  get prediction(): Direction {
    return DIRECTIONS[this.#of.series.prediction[this.#at] ?? 1] ?? 'HOLD';
  }

  get confidence(): number {
    return this.#of.series.confidence[this.#at] ?? 0;
  }

  get signaledAt(): number {
    return closeTimeOf(this.candleOpenTime, this.timeframe);
  }

  get supersedesUid(): undefined {
    return undefined;
  }

  get source(): 'fallback' {
    return 'fallback';
  }

  get fallbackReason(): FallbackReason {
    return this.#reason;
  }

  get indicators(): FallbackIndicators | undefined {
    const { sma14, sma50, rsi14 } = this.#of.series;
    const at = this.#at;
    const strength = rsi14[at] ?? NaN;
    if (Number.isNaN(strength)) return undefined;
    return { sma14: sma14[at] ?? NaN, sma50: sma50[at] ?? NaN, rsi14: strength };
  }
}
