import { DECISION_ACTIONS, type Decision, type DecisionAction } from '../../domain/decision.js';
import { DIRECTIONS, type Direction, type Signal } from '../../domain/signal.js';
import type { Verdict } from '../../trading/tick/decide.js';

export interface LoggedDecision {
  readonly symbol: string;
  readonly candleOpenTime: number;
  readonly prediction: Direction;
  readonly confidence: number;
  readonly source: Signal['source'];
  readonly action: DecisionAction;
  readonly reason: string;
}

const FIRST_ROWS = 4_096;

/**
 * Every verdict of a run with the signal behind it, in the order in which they were made. A run has millions, so they
 * are kept as columns of numbers, and each text once.
 */
export class DecisionLog {
  readonly #texts: string[] = [];
  readonly #numberOf = new Map<string, number>();
  #symbols = new Uint32Array(FIRST_ROWS);
  #openTimes = new Float64Array(FIRST_ROWS);
  #confidences = new Float64Array(FIRST_ROWS);
  #reasons = new Uint32Array(FIRST_ROWS);
  /** Prediction, source and action in one number each. */
  #codes = new Uint8Array(FIRST_ROWS);
  #length = 0;
  readonly #sources = new Map<string, Signal['source']>();
  #signal: Signal | undefined;

  get length(): number {
    return this.#length;
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
    this.addVerdict(signal, decision);
    if (decision.action === 'open') this.#sources.set(decision.uid, signal.source);
  }

  /** A decision that changed nothing has nothing else to keep. */
  addVerdict(signal: Signal, { action, reason }: Verdict): void {
    if (this.#length === this.#codes.length) this.#grow();
    const actionCode = DECISION_ACTIONS.indexOf(action);
    const isModel = signal.source === 'model' ? 1 : 0;
    const row = this.#length++;
    this.#symbols[row] = this.#numberFor(signal.symbol);
    this.#openTimes[row] = signal.candleOpenTime;
    this.#confidences[row] = signal.confidence;
    this.#reasons[row] = this.#numberFor(reason);
    this.#codes[row] = DIRECTIONS.indexOf(signal.prediction) + 4 * (isModel + 2 * actionCode);
  }

  at(row: number): LoggedDecision {
    const code = this.#codes[row] ?? 0;
    return {
      symbol: this.#texts[this.#symbols[row] ?? 0] ?? '',
      candleOpenTime: this.#openTimes[row] ?? NaN,
      prediction: DIRECTIONS[code & 3] ?? 'HOLD',
      confidence: this.#confidences[row] ?? NaN,
      source: (code >> 2) & 1 ? 'model' : 'fallback',
      action: DECISION_ACTIONS[code >> 3] ?? 'skip',
      reason: this.#texts[this.#reasons[row] ?? 0] ?? '',
    };
  }

  /** Whether a model or the fallback opened the position of that decision. */
  sourceOf(decisionUid: string): Signal['source'] | undefined {
    return this.#sources.get(decisionUid);
  }

  #numberFor(text: string): number {
    const known = this.#numberOf.get(text);
    if (known !== undefined) return known;
    this.#numberOf.set(text, this.#texts.length);
    return this.#texts.push(text) - 1;
  }

  #grow(): void {
    const rows = 2 * this.#codes.length;
    this.#symbols = grown(this.#symbols, new Uint32Array(rows));
    this.#openTimes = grown(this.#openTimes, new Float64Array(rows));
    this.#confidences = grown(this.#confidences, new Float64Array(rows));
    this.#reasons = grown(this.#reasons, new Uint32Array(rows));
    this.#codes = grown(this.#codes, new Uint8Array(rows));
  }
}

type Column = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

function grown<T extends Column>(from: T, to: T): T {
  to.set(from);
  return to;
}
