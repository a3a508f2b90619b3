import type { Instrument } from '../../domain/market.js';
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
  { position, lastDecidedOpenTime, hasCandleActed: hasActed, lastExitAt }: StoredFacts,
): TickObservation {
  const { rules, quotes } = parts;
  const nowMs = parts.clock.marketMs();
  return {
    rules,
    nowMs,
    advisory: findAdvisory(signal, rules, parts.findInstrument(signal.symbol)),
    entryFreeze: parts.findEntryFreeze(),
    position,
    quote: quotes.findFresh(signal.symbol, nowMs, decisionLagMs(rules)),
    hasCandleActed: hasActed,
    lastDecidedOpenTime,
    lastExitAt,
  };
}

function findAdvisory(
  signal: Signal,
  rules: TradingRules,
  instrument: Instrument | undefined,
): string | undefined {
  if (signal.timeframe !== rules.timeframe || signal.bot !== rules.bot) {
    return `${rules.timeframe} ${rules.bot} trades, not ${signal.timeframe} ${signal.bot}`;
  }
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
