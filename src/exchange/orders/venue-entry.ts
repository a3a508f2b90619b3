import type { CcxtOrder, CcxtTrade, CcxtTrading, Params } from './ccxt-trading.js';
import type { OrderPages } from './order-pages.js';
import type { NextPage } from './page-cursors.js';
import type { KeyRights, OrderRequest, VenueAbilities, VenueRules } from './order-venue.js';

export type Credential = 'apiKey' | 'secret' | 'passphrase' | 'uid';

/** What ccxt does not unify about one venue's orders. A venue without an entry is not traded live. */
export interface VenueEntry {
  /** ccxt's id. */
  readonly exchangeId: string;
  readonly abilities: VenueAbilities;
  /** Parameters that make an order one that is only checked; undefined where that is not offered. */
  readonly trialParams?: Params;
  /** What the key may do; undefined where the venue has no call for that. */
  readonly readRights?: (exchange: CcxtTrading) => Promise<KeyRights>;
  /** Codes with which the venue refuses a key, by what must be mended. */
  readonly keyFaults: Readonly<Partial<Record<KeyFault, readonly string[]>>>;
  /** What the venue's keys consist of. */
  readonly credentials: readonly Credential[];
  /** Sets up the object for this venue, before its first call. */
  readonly prepare?: (exchange: CcxtTrading) => void;
  /** Questions about the account that an order would otherwise wait for. Throws for an account that is not traded. */
  readonly afterMarkets?: (exchange: CcxtTrading) => Promise<unknown>;
  readonly toCreateCall: (request: OrderRequest) => CreateCall;
  /**
   * Where an order with that client id may show up, in the order in which they must be asked: an order
   * that moves on between two answers shows up in a later one.
   */
  readonly places: readonly Place[];
  /** Ways to cancel, each tried where the one before found nothing; `gone` where nothing is open. */
  readonly cancels: readonly ((exchange: CcxtTrading, asked: AskedOrder) => Promise<unknown>)[];
  /** Where ccxt's own question would fail or leave some out. */
  readonly openOrders?: OrderPages;
  /** All fills of one order, in any order. */
  readonly fillsOf: (
    exchange: CcxtTrading,
    order: { readonly symbol: string; readonly venueOrderId: string },
  ) => Promise<readonly CcxtTrade[]>;
  /** Rules that ccxt leaves in the venue's own description of a market. */
  readonly readRules?: (info: unknown) => Partial<Pick<VenueRules, 'pricePercent' | 'stops'>>;
  /** The venue's own code and text in a body, if it states a failure there. */
  readonly readRefusal: (body: unknown) => Refusal | undefined;
  /** What refusals mean; the first that fits counts. All others leave the outcome unknown. */
  readonly meanings: readonly RefusalMeaning[];
  readonly fillPages: FillPages;
  /** Where an order can be rehearsed without money. */
  readonly rehearsal: string;
  /** What is not used here though the venue has it, or is not there, for people. */
  readonly remarks: readonly string[];
}

/** How the venue answers the fills of a stretch of time. */
export interface FillPages {
  /** Longest stretch that it answers at once. */
  readonly windowMs: number;
  /** Most fills of an answer. */
  readonly limit: number;
  /** Which ones it leaves out of an answer that would be too long. */
  readonly isNewestFirst: boolean;
  /** Whether it answers the fills of all symbols together. */
  readonly isOfAllSymbols?: boolean;
  /** Parameters that go on after a full answer; undefined at its end. Without it, times do. */
  readonly next?: NextPage;
}

/** What is wrong with a key, and what a person can do about it. */
export const KEY_FIXES = {
  key: 'the venue does not know the key: wrong, deleted or expired. Check EXCHANGE_API_KEY or make a new key',
  'key-or-address':
    'the key is wrong or expired, may not be used from this address, or lacks a right. Check EXCHANGE_API_KEY, and the addresses and rights of the key at the venue',
  secret: 'EXCHANGE_API_SECRET does not belong to this key',
  passphrase: 'EXCHANGE_API_PASSPHRASE does not belong to this key',
  clock:
    "this machine's clock differs from the venue's: let it be set by NTP (timedatectl set-ntp true)",
  right: 'the key lacks a right: allow reading and spot trading for it at the venue, nothing else',
  address: "allow this machine's address for the key at the venue",
  expired: 'the key has expired: make a new one',
} as const;

export type KeyFault = keyof typeof KEY_FIXES;

export interface CreateCall {
  readonly type: 'limit' | 'market';
  readonly params: Params;
}

export interface AskedOrder {
  readonly symbol: string;
  readonly clientOrderId: string;
}

export interface Place {
  readonly name: string;
  readonly ask: (exchange: CcxtTrading, asked: AskedOrder) => Promise<readonly CcxtOrder[]>;
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

export interface RefusalMeaning {
  readonly codes: readonly string[];
  /** Where one code stands for several things. */
  readonly message?: RegExp;
  /** `rejected`: the order does not exist. `absent`: a query found none. `gone`: nothing to cancel. */
  readonly means: 'rejected' | 'duplicate' | 'absent' | 'gone';
  readonly why: string;
}

export function meaningOf(
  entry: Pick<VenueEntry, 'meanings'>,
  { code, message }: Refusal,
): RefusalMeaning['means'] | undefined {
  const fits = entry.meanings.find(
    (one) => one.codes.includes(code) && (one.message?.test(message) ?? true),
  );
  return fits?.means;
}

/** What to do about a refusal of the key; undefined for other refusals. */
export function findKeyFix(
  { keyFaults }: Pick<VenueEntry, 'keyFaults'>,
  code: string,
): string | undefined {
  const faults = Object.entries(keyFaults) as [KeyFault, readonly string[]][];
  const fault = faults.find(([, codes]) => codes.includes(code));
  return fault === undefined ? undefined : KEY_FIXES[fault[0]];
}

/** For venues that cancel by a client id alone. */
export function cancelByClientId(
  exchange: CcxtTrading,
  { symbol, clientOrderId }: AskedOrder,
): Promise<unknown> {
  return exchange.cancelOrder(undefined, symbol, { clientOrderId });
}
