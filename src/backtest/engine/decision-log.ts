import { DECISION_ACTIONS, type Decision, type DecisionAction } from '../../domain/decision.js';
import { DIRECTIONS, type Direction, type Signal } from '../../domain/signal.js';

export interface LoggedDecision {
  readonly symbol: string;
  readonly candleOpenTime: number;
  readonly prediction: Direction;
  readonly confidence: number;
  readonly source: Signal['source'];
  readonly action: DecisionAction;
  readonly reason: string;
}

/** Every verdict of a run with the signal behind it, in the order in which they were made. Kept as columns: a run has millions. */
export class DecisionLog {
  readonly #symbols: string[] = [];
  readonly #openTimes: number[] = [];
  readonly #confidences: number[] = [];
  readonly #reasons: string[] = [];
  /** Prediction, source and action in one number each. */
  readonly #codes: number[] = [];
  readonly #sources = new Map<string, Signal['source']>();
  #signal: Signal | undefined;

  get length(): number {
    return this.#codes.length;
  }

  /** The decision that comes next is on this signal. */
  expect(signal: Signal): void {
    this.#signal = signal;
  }

  add(decision: Decision): void {
    const signal = this.#signal;
    if (signal?.uid !== decision.signalUid) {
      throw new Error(`Decision ${decision.uid} is not on the signal that was asked about`);
    }
    const { action } = decision;
    const actionCode = DECISION_ACTIONS.indexOf(action);
    const isModel = signal.source === 'model' ? 1 : 0;
    this.#symbols.push(decision.symbol);
    this.#openTimes.push(decision.candleOpenTime);
    this.#confidences.push(signal.confidence);
    this.#reasons.push(decision.reason);
    this.#codes.push(DIRECTIONS.indexOf(signal.prediction) + 4 * (isModel + 2 * actionCode));
    if (action === 'open') this.#sources.set(decision.uid, signal.source);
  }

  at(row: number): LoggedDecision {
    const code = this.#codes[row] ?? 0;
    return {
      symbol: this.#symbols[row] ?? '',
      candleOpenTime: this.#openTimes[row] ?? NaN,
      prediction: DIRECTIONS[code & 3] ?? 'HOLD',
      confidence: this.#confidences[row] ?? NaN,
      source: (code >> 2) & 1 ? 'model' : 'fallback',
      action: DECISION_ACTIONS[code >> 3] ?? 'skip',
      reason: this.#reasons[row] ?? '',
    };
  }

  /** Whether a model or the fallback opened the position of that decision. */
  sourceOf(decisionUid: string): Signal['source'] | undefined {
    return this.#sources.get(decisionUid);
  }
}
