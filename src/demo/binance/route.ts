import type { DemoAccount } from '../account/demo-account.js';
import type { DemoKeys } from '../account/keys.js';
import type { FaultEffect } from './faults.js';
import type { Instrument } from '../market/instrument.js';
import type { Market } from '../market/market.js';
import { invalidSymbol } from '../dialect/binance-refusal.js';
import type { Query } from './query.js';
import type { SignedRequest } from './signature.js';

/** A request as a route sees it: everything in it belongs to the one instant `nowMs` of market time. */
export interface RouteRequest {
  readonly query: Query;
  readonly market: Market;
  readonly nowMs: number;
  /** Market time as the venue states it: `nowMs`, unless a fault falsifies it. */
  readonly toldMs: number;
  readonly weightPerMinute: number;
  readonly effects: readonly FaultEffect[];
  /** Market milliseconds in a wall millisecond. */
  readonly speed: number;
  readonly signed: SignedRequest;
  /** The account's keys as they are now; undefined where nobody asked for an account yet. */
  readonly readKeys: () => DemoKeys | undefined;
  readonly account: DemoAccount;
}

/** One call of the dialect. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Request weight, as the spot API documentation states it. */
  weightOf(parameters: URLSearchParams): number;
  /** The answer as a JSON value; a `BinanceRefusal` is answered as an error. */
  answer(request: RouteRequest): unknown;
}

/** The pair of that id as of now, or Binance's refusal. */
export function getInstrument({ market, nowMs }: RouteRequest, id: string): Instrument {
  const instrument = market.findInstrument(id, nowMs);
  if (instrument === undefined) throw invalidSymbol();
  return instrument;
}
