import type { CcxtOrder, CcxtTrading, Params } from './ccxt-trading.js';

/** How the venue answers the open orders of an account. */
export interface OrderPages {
  /** @param further what goes on after the answer before */
  readonly ask: (
    exchange: CcxtTrading,
    symbol: string | undefined,
    further: Params,
  ) => Promise<readonly CcxtOrder[]>;
  /** As many as an answer may hold: one with fewer is the last. */
  readonly limit: number;
  /** Parameters that go on after an answer; undefined at its end. Without it, one answer is all there is. */
  readonly next?: ((page: readonly CcxtOrder[]) => Params | undefined) | undefined;
}

export interface OrderList {
  readonly orders: readonly CcxtOrder[];
  /** Whether the venue may have more than it showed. */
  readonly mayBeMore: boolean;
}

/** More than venues let an account have. */
const MOST_PAGES = 20;

/** Page by page, each order once. Throws what a page throws: a list with a hole is none. */
export async function fetchOrderPages(
  { limit, next }: Omit<OrderPages, 'ask'>,
  ask: (further: Params) => Promise<readonly CcxtOrder[]>,
): Promise<OrderList> {
  const orders = new Map<string, CcxtOrder>();
  let further: Params | undefined = {};
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page: readonly CcxtOrder[] = await ask(further);
    const known = orders.size;
    for (const order of page) orders.set(order.id ?? `nameless ${orders.size}`, order);
    const list = [...orders.values()];
    if (page.length < limit) return { orders: list, mayBeMore: false };
    // A venue that answers the same again has no further page, or does not know how it is asked for.
    if (next === undefined || orders.size === known) return { orders: list, mayBeMore: true };
    further = next(page);
    if (further === undefined) return { orders: list, mayBeMore: false };
  }
  return { orders: [...orders.values()], mayBeMore: true };
}
