import { Money } from '../../domain/money.js';
import { assertDefined } from '../../lib/invariant.js';
import type { AccountEvent } from './account-event.js';
import { isOpen, remainingOf, type Fill, type OrderState, type PlacedOrder } from './demo-order.js';
import { Ledger } from './ledger.js';

/** Base and quote of a pair, by market id. */
export type FindAssets = (symbol: string) => { readonly base: string; readonly quote: string };

/** Orders and balances as the events made them. The same events give the same state, live and after a restart. */
export class AccountState {
  readonly ledger = new Ledger();
  readonly #orders = new Map<number, OrderState>();
  readonly #open = new Set<number>();
  readonly #byClientId = new Map<string, number>();
  readonly #findAssets: FindAssets;
  #lastTradeId = 0;

  constructor(findAssets: FindAssets) {
    this.#findAssets = findAssets;
  }

  get nextOrderId(): number {
    return this.#orders.size + 1;
  }

  get nextTradeId(): number {
    return this.#lastTradeId + 1;
  }

  get isNew(): boolean {
    return this.#orders.size === 0 && this.ledger.balances().length === 0;
  }

  orders(): OrderState[] {
    return [...this.#orders.values()];
  }

  openOrders(): OrderState[] {
    return [...this.#open].map((orderId) => this.getOrder(orderId));
  }

  findOrder(orderId: number): OrderState | undefined {
    return this.#orders.get(orderId);
  }

  getOrder(orderId: number): OrderState {
    return assertDefined(this.#orders.get(orderId), `order ${orderId}`);
  }

  /** The newest order of that id: a venue keeps ids apart only while their orders are open. */
  findByClientId(symbol: string, clientOrderId: string): OrderState | undefined {
    const orderId = this.#byClientId.get(`${symbol} ${clientOrderId}`);
    return orderId === undefined ? undefined : this.#orders.get(orderId);
  }

  apply(event: AccountEvent): void {
    switch (event.kind) {
      case 'deposited':
        this.ledger.add(event.asset, new Money(event.amount));
        break;
      case 'placed':
        this.#place(event.order);
        break;
      case 'triggered':
        this.#update(event.orderId, { isTriggered: true, updateTime: event.time });
        break;
      case 'taken':
        this.#update(event.orderId, { hasTaken: true });
        break;
      case 'filled':
        this.#fill(this.getOrder(event.orderId), event.fill);
        break;
      case 'ended':
        this.#end(this.getOrder(event.orderId), event);
    }
  }

  #place(placed: PlacedOrder): void {
    const order: OrderState = {
      placed,
      executedQty: new Money(0),
      executedQuote: new Money(0),
      fills: [],
      isTriggered: placed.stopPrice === undefined,
      hasTaken: false,
      endedAs: undefined,
      updateTime: placed.time,
    };
    const { asset, amount } = this.#claimOf(order, new Money(placed.origQty));
    this.ledger.lock(asset, amount);
    this.#orders.set(placed.orderId, order);
    this.#open.add(placed.orderId);
    this.#byClientId.set(`${placed.symbol} ${placed.clientOrderId}`, placed.orderId);
  }

  #fill(order: OrderState, fill: Fill): void {
    const { symbol, side } = order.placed;
    const { base, quote } = this.#findAssets(symbol);
    const quantity = new Money(fill.quantity);
    const cost = quantity.times(fill.price);
    const claim = this.#claimOf(order, quantity);
    this.ledger.unlock(claim.asset, claim.amount);
    const [paid, received] = side === 'BUY' ? [quote, base] : [base, quote];
    this.ledger.spend(paid, side === 'BUY' ? cost : quantity);
    this.ledger.add(received, side === 'BUY' ? quantity : cost);
    this.ledger.spend(fill.commissionAsset, new Money(fill.commission));
    this.#lastTradeId = fill.tradeId;
    this.#update(order.placed.orderId, {
      executedQty: order.executedQty.plus(quantity),
      executedQuote: order.executedQuote.plus(cost),
      fills: [...order.fills, fill],
      updateTime: fill.time,
    });
  }

  #end(order: OrderState, { as, time }: { as: 'CANCELED' | 'EXPIRED'; time: number }): void {
    const { asset, amount } = this.#claimOf(order, remainingOf(order));
    this.ledger.unlock(asset, amount);
    this.#update(order.placed.orderId, { endedAs: as, updateTime: time });
  }

  /** What that much of the order claims. A market purchase claims nothing: it is paid from what is free. */
  #claimOf({ placed }: OrderState, quantity: Money): { asset: string; amount: Money } {
    const { base, quote } = this.#findAssets(placed.symbol);
    if (placed.side === 'SELL') return { asset: base, amount: quantity };
    return { asset: quote, amount: quantity.times(placed.price ?? placed.stopPrice ?? 0) };
  }

  #update(orderId: number, changes: Partial<Omit<OrderState, 'placed'>>): void {
    const next: OrderState = { ...this.getOrder(orderId), ...changes };
    this.#orders.set(orderId, next);
    if (!isOpen(next)) this.#open.delete(orderId);
  }
}
