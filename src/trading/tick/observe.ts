import type { Quote } from '../../domain/market.js';
import type { Signal } from '../../domain/signal.js';
import type { Observation } from './decide.js';
import { bookKeyOf, type TradingParts } from '../parts/trading-parts.js';
import type { StoredPosition } from '../trading-stores.js';
import { decisionLagMs, type TradingRules } from '../trading-rules.js';

/** A candle has a decision for the fallback and one for each model promoted while it was the newest. */
const MAX_DECISIONS_A_CANDLE = 50;

export type TickObservation = Observation & { readonly position: StoredPosition | undefined };

/** What the stores know of a signal's symbol and candle. */
export interface StoredFacts {
  /** All that is held, or on its way in or out. */
  readonly held: readonly StoredPosition[];
  /** Of the symbol. */
  readonly position: StoredPosition | undefined;
  readonly lastDecidedOpenTime: number | undefined;
  readonly hasCandleActed: boolean;
  readonly lastExitAt: number | undefined;
}

/** Gathers what the verdict on a signal depends on. */
export async function observe(parts: TradingParts, signal: Signal): Promise<TickObservation> {
  const { rules, stores } = parts;
  const key = bookKeyOf(rules);
  const held = await stores.positions.listOpen(key);
  const lastDecidedOpenTime = await stores.decisions.lastDecidedOpenTime(signal);
  return observeWith(parts, signal, {
    held,
    position: held.find((position) => position.symbol === signal.symbol),
    lastDecidedOpenTime,
    hasCandleActed:
      lastDecidedOpenTime === signal.candleOpenTime && (await hasCandleActed(parts, signal)),
    lastExitAt: await stores.positions.lastExitAt(key, signal.symbol),
  });
}

/** Adds what is known without asking the stores: time, quote, freeze. */
export function observeWith(
  parts: TradingParts,
  signal: Signal,
  facts: StoredFacts,
): TickObservation {
  return new Observed(parts, signal, facts);
}

/** Most verdicts need neither price nor halts: they are looked up, once, when a question is asked of them. */
class Observed implements TickObservation {
  readonly nowMs: number;
  readonly advisory: string | undefined;
  readonly #parts: TradingParts;
  readonly #symbol: string;
  readonly #facts: StoredFacts;
  #quote: Quote | undefined | null = null;
  #entryFreeze: string | undefined | null = null;

  constructor(parts: TradingParts, signal: Signal, facts: StoredFacts) {
    this.nowMs = parts.clock.marketMs();
    this.advisory = findAdvisory(signal, parts);
    this.#parts = parts;
    this.#symbol = signal.symbol;
    this.#facts = facts;
  }

  get rules(): TradingRules {
    return this.#parts.rules;
  }

  get position(): StoredPosition | undefined {
    return this.#facts.position;
  }

  get hasCandleActed(): boolean {
    return this.#facts.hasCandleActed;
  }

  get lastDecidedOpenTime(): number | undefined {
    return this.#facts.lastDecidedOpenTime;
  }

  get lastExitAt(): number | undefined {
    return this.#facts.lastExitAt;
  }

  get quote(): Quote | undefined {
    if (this.#quote === null) {
      const { quotes, rules } = this.#parts;
      this.#quote = quotes.findFresh(this.#symbol, this.nowMs, decisionLagMs(rules));
    }
    return this.#quote;
  }

  get entryFreeze(): string | undefined {
    if (this.#entryFreeze === null) this.#entryFreeze = this.#parts.findEntryFreeze();
    return this.#entryFreeze;
  }
}

function findAdvisory(signal: Signal, { rules, findInstrument }: TradingParts): string | undefined {
  if (signal.timeframe !== rules.timeframe || signal.bot !== rules.bot) {
    return `${rules.timeframe} ${rules.bot} trades, not ${signal.timeframe} ${signal.bot}`;
  }
  const instrument = findInstrument(signal.symbol);
  if (instrument === undefined) return `${signal.symbol} is not among the markets that trade`;
  if (instrument.quote === rules.currency) return undefined;
  return `quoted in ${instrument.quote}, the books are kept in ${rules.currency}`;
}

async function hasCandleActed({ stores }: TradingParts, signal: Signal): Promise<boolean> {
  const { venue, symbol, timeframe, bot, candleOpenTime } = signal;
  const filter = { venue, symbol, timeframe, bot, from: candleOpenTime, to: candleOpenTime };
  const page = { limit: MAX_DECISIONS_A_CANDLE, offset: 0 };
  const { rows } = await stores.decisions.list(filter, page);
  return rows.some(({ action, candleOpenTime: openTime }) => {
    return openTime === candleOpenTime && (action === 'open' || action === 'close');
  });
}
