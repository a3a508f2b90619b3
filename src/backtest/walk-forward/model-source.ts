import {
  DIRECTIONS,
  FALLBACK_REASONS,
  type ModelSignal,
  type Signal,
} from '../../domain/signal.js';
import { moveVarianceOf } from '../../domain/move-variance.js';
import type { SignalContext } from '../../trading/signal-context.js';
import { closeTimeOf } from '../../domain/timeframe.js';
import {
  FallbackSource,
  type FallbackOptions,
  type SignalSource,
} from '../engine/signal-source.js';
import type { MarketHistory, SymbolHistory } from '../history/market-history.js';
import type { KeptPeriod, SymbolPredictions } from './kept-period.js';
import type { RetrainingPeriod } from './retraining-periods.js';

/** The models of each retraining date until the next; where none may answer, the SMA/RSI rules with the reason. */
export class ModelSource implements SignalSource {
  readonly #history: MarketHistory;
  readonly #options: FallbackOptions;
  readonly #fallback: FallbackSource;
  readonly #said: readonly (readonly (SymbolPredictions | undefined)[])[];
  readonly #firstIndex: number;
  readonly #periodBars: number;

  /** @param found what was said in each of the periods, in their order */
  constructor(
    history: MarketHistory,
    options: FallbackOptions,
    walk: { readonly periods: readonly RetrainingPeriod[]; readonly found: readonly KeptPeriod[] },
  ) {
    this.#history = history;
    this.#options = options;
    this.#fallback = new FallbackSource(history, options);
    const [first, second] = walk.periods;
    this.#firstIndex = first?.fromIndex ?? 0;
    this.#periodBars = second === undefined ? Infinity : second.fromIndex - this.#firstIndex;
    this.#said = walk.found.map(({ symbols }) => {
      const bySymbol = new Map(symbols.map((one) => [one.symbol, one]));
      return history.symbols.map(({ instrument }) => bySymbol.get(instrument.symbol));
    });
  }

  signalAt(symbolAt: number, at: number, openTime: number): Signal {
    const { instrument, columns } = this.#history.symbols[symbolAt] as SymbolHistory;
    const said = this.saidAt(symbolAt, at);
    const place = said === undefined ? -1 : columns.firstIndex + at - said.firstIndex;
    const reason = said?.reasons[place];
    const model = said?.model ?? undefined;
    if (said === undefined || model === undefined || reason !== -1) {
      const signal = this.#fallback.signalAt(symbolAt, at, openTime);
      return signal.because(FALLBACK_REASONS[reason ?? -1] ?? 'untrained');
    }
    const { venue, timeframe } = this.#history;
    const [sell = 0, hold = 0, buy = 0] = said.probabilities.slice(3 * place, 3 * place + 3);
    const signal: ModelSignal = {
      uid: `${symbolAt}:${at}`,
      venue,
      symbol: instrument.symbol,
      timeframe,
      bot: this.#options.bot,
      candleOpenTime: openTime,
      close: columns.close[at] ?? NaN,
      prediction: DIRECTIONS[said.directions[place] ?? 1] ?? 'HOLD',
      confidence: said.confidences[place] ?? 0,
      signaledAt: closeTimeOf(openTime, timeframe),
      supersedesUid: undefined,
      source: 'model',
      modelUid: model.uid,
      predictionUid: `${symbolAt}:${at}`,
      probabilities: [sell, hold, buy],
      expectedMove: said.expectedReturns[place] ?? 0,
    };
    return signal;
  }

  contextOf(signal: Signal): SignalContext {
    const { horizonBars } = this.#options;
    if (signal.source === 'fallback') return { horizonBars };
    const [symbolAt = 0, at = 0] = signal.uid.split(':').map(Number);
    const model = this.saidAt(symbolAt, at)?.model ?? undefined;
    if (model === undefined) return { horizonBars };
    const moveVariance = moveVarianceOf(model, signal.probabilities);
    return { horizonBars: model.horizonBars, moveVariance };
  }

  /** What was said in the period of a bar, by the symbol's place in the history and the bar's in its columns. */
  saidAt(symbolAt: number, at: number): SymbolPredictions | undefined {
    const { columns } = this.#history.symbols[symbolAt] as SymbolHistory;
    const period = Math.floor((columns.firstIndex + at - this.#firstIndex) / this.#periodBars);
    return this.#said[period]?.[symbolAt];
  }
}
