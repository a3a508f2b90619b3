import { DECISION_ACTIONS, type Decision, type DecisionAction } from '../../domain/decision.js';
import { DIRECTIONS, type Direction, type Signal } from '../../domain/signal.js';
import type { Verdict } from '../../trading/tick/decide.js';

/** The verdicts of a run as columns, in the order in which they were made. Each text stands once. */
export interface DecisionColumns {
  readonly length: number;
  readonly texts: readonly string[];
  /** Numbers of texts. */
  readonly symbols: Uint32Array;
  readonly reasons: Uint32Array;
  readonly candleOpenTimes: Float64Array;
  readonly confidences: Float64Array;
  /** What `meaningOf` reads. */
  readonly codes: Uint8Array;
}

/** What the code of a decision says. */
export interface DecisionMeaning {
  readonly prediction: Direction;
  readonly source: Signal['source'];
  readonly action: DecisionAction;
}

/** Codes are below this. */
export const CODES = 8 * DECISION_ACTIONS.length;

export function meaningOf(code: number): DecisionMeaning {
  return {
    prediction: DIRECTIONS[code & 3] ?? 'HOLD',
    source: (code >> 2) & 1 ? 'model' : 'fallback',
    action: DECISION_ACTIONS[code >> 3] ?? 'skip',
  };
}

function codeOf({ prediction, source, action }: DecisionMeaning): number {
  const isModel = source === 'model' ? 1 : 0;
  return DIRECTIONS.indexOf(prediction) + 4 * (isModel + 2 * DECISION_ACTIONS.indexOf(action));
}

/** Keeps every verdict of a run with the signal behind it. A run has millions, so they are kept as numbers. */
export class DecisionLog {
  readonly #texts: string[] = [];
  readonly #numberOf = new Map<string, number>();
  readonly #symbols: Uint32Array;
  readonly #candleOpenTimes: Float64Array;
  readonly #confidences: Float64Array;
  readonly #reasons: Uint32Array;
  readonly #codes: Uint8Array;
  #length = 0;
  readonly #sources = new Map<string, Signal['source']>();
  #signal: Signal | undefined;

  /** @param rows decisions of the run at most */
  constructor(rows: number) {
    this.#symbols = new Uint32Array(shared(4 * rows));
    this.#candleOpenTimes = new Float64Array(shared(8 * rows));
    this.#confidences = new Float64Array(shared(8 * rows));
    this.#reasons = new Uint32Array(shared(4 * rows));
    this.#codes = new Uint8Array(shared(rows));
  }

  get columns(): DecisionColumns {
    return {
      length: this.#length,
      texts: this.#texts,
      symbols: this.#symbols,
      reasons: this.#reasons,
      candleOpenTimes: this.#candleOpenTimes,
      confidences: this.#confidences,
      codes: this.#codes,
    };
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
    const row = this.#length++;
    const { symbol, prediction, source } = signal;
    this.#symbols[row] = this.#numberFor(symbol);
    this.#candleOpenTimes[row] = signal.candleOpenTime;
    this.#confidences[row] = signal.confidence;
    this.#reasons[row] = this.#numberFor(reason);
    this.#codes[row] = codeOf({ prediction, source, action });
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
}

/** A thread writes the columns while this one counts them. */
function shared(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes);
}
