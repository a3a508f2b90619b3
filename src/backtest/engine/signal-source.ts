import { DIRECTIONS, type FallbackSignal, type Signal } from '../../domain/signal.js';
import { closeTimeOf } from '../../domain/timeframe.js';
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
  readonly #history: MarketHistory;
  readonly #options: FallbackOptions;
  readonly #series: readonly FallbackSeries[];

  constructor(history: MarketHistory, options: FallbackOptions) {
    this.#history = history;
    this.#options = options;
    this.#series = history.symbols.map(({ columns }) => fallbackSeries(columns));
  }

  signalAt(symbolAt: number, at: number, openTime: number): FallbackSignal {
    const { venue, timeframe, symbols } = this.#history;
    const history = symbols[symbolAt] as SymbolHistory;
    const series = this.#series[symbolAt] as FallbackSeries;
    const rsi14 = series.rsi14[at] ?? NaN;
    return {
      uid: `${symbolAt}:${at}`,
      venue,
      symbol: history.instrument.symbol,
      timeframe,
      bot: this.#options.bot,
      candleOpenTime: openTime,
      close: history.columns.close[at] ?? NaN,
      prediction: DIRECTIONS[series.prediction[at] ?? 1] ?? 'HOLD',
      confidence: series.confidence[at] ?? 0,
      signaledAt: closeTimeOf(openTime, timeframe),
      supersedesUid: undefined,
      source: 'fallback',
      fallbackReason: 'untrained',
      indicators: Number.isNaN(rsi14)
        ? undefined
        : { sma14: series.sma14[at] ?? NaN, sma50: series.sma50[at] ?? NaN, rsi14 },
    };
  }

  contextOf(): SignalContext {
    return { horizonBars: this.#options.horizonBars };
  }
}
