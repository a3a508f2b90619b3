import type { Candle } from '../../domain/candle.js';
import { flatBar } from '../market/market.js';

/** What goes wrong with an answer. `candles…` effects change the content of `/api/v3/klines` only. */
export type FaultEffect =
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Cuts the connection without an answer. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'too-many-requests'; readonly retryAfterSec: number }
  | { readonly kind: 'banned'; readonly retryAfterSec: number }
  /** A page of a proxy in front of the venue instead of JSON. */
  | { readonly kind: 'html'; readonly status: number }
  /** An error answer of Binance's own kind. */
  | {
      readonly kind: 'refusal';
      readonly status: number;
      readonly code: number;
      readonly message: string;
    }
  /** Promises the whole body, sends the first half and cuts the connection. */
  | { readonly kind: 'cut-body' }
  /** Status 200 with a body that is not JSON. */
  | { readonly kind: 'not-json' }
  /** The venue states a wrong time (`/time`, `exchangeInfo`) and goes by the right one. */
  | { readonly kind: 'skew'; readonly skewMs: number }
  /** The venue suspends a pair, or changes its filters: shown by `exchangeInfo`, obeyed by orders. */
  | {
      readonly kind: 'pair-changed';
      /** Market id. */
      readonly symbol: string;
      readonly isSuspended?: boolean;
      /** Decimal text, as the filters state it. */
      readonly stepSize?: string;
      readonly minNotional?: string;
    }
  /** The account says that it may not trade, whatever its key may. */
  | { readonly kind: 'trading-locked' }
  /** The order meets the market so much later, in market time. */
  | { readonly kind: 'order-late'; readonly delayMs: number }
  /** The order takes only that share of its quantity, from 0 to 1, from the book at once. */
  | { readonly kind: 'order-partial'; readonly share: number }
  /** Candles that the venue does not have. */
  | { readonly kind: 'candles-gap'; readonly openTimes: readonly number[] }
  /** Candles in which nothing was traded: left out, or flat at the previous close. */
  | {
      readonly kind: 'candles-empty';
      readonly openTimes: readonly number[];
      readonly show: 'omit' | 'flat';
    }
  /** A candle with other values than it has. */
  | {
      readonly kind: 'candles-revised';
      readonly openTime: number;
      readonly values: Partial<Omit<Candle, 'openTime'>>;
    }
  /** The newest closed candle still looks as it did before it was finished. */
  | { readonly kind: 'candles-unfinished' }
  | { readonly kind: 'candles-reversed' }
  | { readonly kind: 'candles-doubled' };

/** Which requests a fault meets, and for how long. */
export interface FaultRule {
  /** Path such as `/api/v3/klines`; left out: every path. */
  readonly path?: string;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Market id; left out: every request, with or without a symbol. */
  readonly symbol?: string;
  /** Matching requests that pass before the first one is met. Default 0. */
  readonly skip?: number;
  /** Matching requests that are met. Default: all. */
  readonly count?: number;
  /** The request is carried out first: only its answer suffers. Default false. */
  readonly after?: boolean;
  readonly effect: FaultEffect;
}

export interface FaultStatus {
  readonly rule: FaultRule;
  /** Requests that matched, met or not. */
  readonly matched: number;
  readonly met: number;
}

interface Entry {
  readonly rule: FaultRule;
  matched: number;
  met: number;
}

export interface FaultTarget {
  readonly path: string;
  readonly method: string;
  /** Market id. */
  readonly symbol: string | undefined;
}

export interface MetFault {
  readonly effect: FaultEffect;
  /** Whether the request is carried out first. */
  readonly isAfter: boolean;
}

/** Faults that tests put in front of the venue's answers. */
export class Faults {
  #entries: Entry[] = [];

  add(...rules: readonly FaultRule[]): void {
    for (const rule of rules) this.#entries.push({ rule, matched: 0, met: 0 });
  }

  clear(): void {
    this.#entries = [];
  }

  status(): FaultStatus[] {
    return this.#entries.map((entry) => ({ ...entry }));
  }

  /** Counts the request against every rule and returns the effects that meet it. */
  take(request: FaultTarget): MetFault[] {
    const { path, method, symbol } = request;
    return this.#entries.flatMap((entry) => {
      const { rule } = entry;
      if (rule.path !== undefined && rule.path !== path) return [];
      if (rule.method !== undefined && rule.method !== method) return [];
      if (rule.symbol !== undefined && rule.symbol !== symbol) return [];
      const position = entry.matched++ - (rule.skip ?? 0);
      if (position < 0 || position >= (rule.count ?? Infinity)) return [];
      entry.met++;
      return [{ effect: rule.effect, isAfter: rule.after ?? false }];
    });
  }
}

/** Candles as a faulty venue shows them. Those that close by `nowMs` are closed. */
export function distortCandles(
  candles: readonly Candle[],
  { effects, stepMs, nowMs }: { effects: readonly FaultEffect[]; stepMs: number; nowMs: number },
): Candle[] {
  let shown = [...candles];
  for (const effect of effects) shown = distort(shown, { effect, stepMs, nowMs });
  return shown;
}

interface Distortion {
  readonly effect: FaultEffect;
  readonly stepMs: number;
  readonly nowMs: number;
}

function distort(candles: Candle[], { effect, stepMs, nowMs }: Distortion): Candle[] {
  switch (effect.kind) {
    case 'candles-gap':
      return candles.filter(({ openTime }) => !effect.openTimes.includes(openTime));
    case 'candles-empty':
      return emptied(candles, effect);
    case 'candles-revised':
      return candles.map((candle) =>
        candle.openTime === effect.openTime ? { ...candle, ...effect.values } : candle,
      );
    case 'candles-unfinished': {
      const newest = candles.findLast(({ openTime }) => openTime + stepMs <= nowMs);
      return candles.map((candle) => (candle === newest ? halfFinished(candle) : candle));
    }
    case 'candles-reversed':
      return candles.reverse();
    case 'candles-doubled':
      return candles.flatMap((candle) => [candle, candle]);
    default:
      return candles;
  }
}

function emptied(
  candles: readonly Candle[],
  { openTimes, show }: { openTimes: readonly number[]; show: 'omit' | 'flat' },
): Candle[] {
  let price: number | undefined;
  return candles.flatMap((candle) => {
    if (!openTimes.includes(candle.openTime)) {
      price = candle.close;
      return [candle];
    }
    return show === 'omit' ? [] : [flatBar(candle.openTime, price ?? candle.open)];
  });
}

/** Half of the volume, and the price half-way between open and close. */
function halfFinished(candle: Candle): Candle {
  return { ...candle, close: (candle.open + candle.close) / 2, volume: candle.volume / 2 };
}
