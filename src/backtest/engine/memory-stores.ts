import type { Decision } from '../../domain/decision.js';
import type { Halt } from '../../domain/halt.js';
import { Money } from '../../domain/money.js';
import { cashChange, type Fill, type Order, type Position } from '../../domain/trade.js';
import type { Stored } from '../../storage/connection/row.js';
import { assertDefined } from '../../lib/invariant.js';
import type { PositionChange } from '../../trading/books/ledger.js';
import type { StoredFacts } from '../../trading/tick/observe.js';
import type { Signal } from '../../domain/signal.js';
import type { StoredOrder } from '../../storage/stores/order-store.js';
import type { StoredPosition, TradingStores } from '../../trading/trading-stores.js';

/** Row id and times that a database would add. */
const LOCAL = { id: 0, createdAt: 0 } as const;

/** What trading has done so far. */
export interface TradingRecord {
  readonly positions: readonly Position[];
  readonly fills: readonly Fill[];
  readonly orders: readonly Order[];
}

/** What is known of one symbol at this moment. */
class SymbolFacts implements StoredFacts {
  position: StoredPosition | undefined;
  lastDecidedOpenTime: number | undefined;
  lastExitAt: number | undefined;
  /** A run makes one signal a candle. */
  readonly hasCandleActed = false;
  readonly #stores: { readonly open: readonly StoredPosition[] };

  constructor(stores: { readonly open: readonly StoredPosition[] }) {
    this.#stores = stores;
  }

  get held(): readonly StoredPosition[] {
    return this.#stores.open;
  }
}

/**
 * The books of one run in memory, as trading knows them from the database. There is nobody else, nothing is kept after
 * the run, and each call is done at once, so that transactions and leases hold by themselves.
 */
export class MemoryStores implements TradingRecord {
  readonly #positions = new Map<string, StoredPosition>();
  readonly #open = new Map<string, StoredPosition>();
  #openList: readonly StoredPosition[] = [];
  readonly #orders = new Map<string, Order>();
  readonly #unsettled = new Map<string, Order>();
  readonly #ordersOf = new Map<string, string[]>();
  readonly #fillsOf = new Map<string, Fill[]>();
  readonly #facts = new Map<string, SymbolFacts>();
  readonly #halts: Halt[] = [];
  readonly #onDecision: (decision: Decision) => void;

  /** @param onDecision told of each decision, which is not kept here */
  constructor(onDecision: (decision: Decision) => void) {
    this.#onDecision = onDecision;
  }

  get positions(): readonly Position[] {
    return [...this.#positions.values()];
  }

  get orders(): readonly Order[] {
    return [...this.#orders.values()];
  }

  get fills(): readonly Fill[] {
    return [...this.#fillsOf.values()].flat();
  }

  /** What froze entries, in the order in which it did. */
  get halts(): readonly Halt[] {
    return this.#halts;
  }

  /** Positions that are held or on their way. */
  get open(): readonly StoredPosition[] {
    return this.#openList;
  }

  /** What trading would ask of a signal's symbol, at once; it changes with what is stored. */
  factsOf({ symbol, candleOpenTime }: Signal): StoredFacts | undefined {
    const facts = this.#factsOf(symbol);
    return facts.lastDecidedOpenTime === candleOpenTime ? undefined : facts;
  }

  /** Stores what became of a signal on which nothing was bought or sold. */
  noteDecided({ symbol, candleOpenTime }: Signal, changed: PositionChange | undefined): void {
    this.#factsOf(symbol).lastDecidedOpenTime = candleOpenTime;
    if (changed !== undefined) this.#put(changed.to, changed.from.rowVersion + 1);
  }

  hasUnsettled(): boolean {
    return this.#unsettled.size > 0;
  }

  asTradingStores(): TradingStores {
    const stores: TradingStores = {
      accounts: {
        ensure: async (account) => ({ ...account, ...LOCAL }),
      },
      candles: { read: async () => [] },
      decisions: {
        insert: async (decision) => {
          this.#factsOf(decision.symbol).lastDecidedOpenTime = decision.candleOpenTime;
          this.#onDecision(decision);
          return { status: 'inserted', decision: toStored(decision) };
        },
        // A run makes each signal once.
        findBySignal: async () => undefined,
        lastDecidedOpenTime: async ({ symbol }) => this.#factsOf(symbol).lastDecidedOpenTime,
        list: async () => ({ rows: [], total: 0 }),
      },
      equity: {
        insert: async () => undefined,
        latest: async () => undefined,
        marksSince: async () => ({ highest: undefined, first: undefined }),
      },
      fills: {
        insert: async (fill) => {
          const fills = this.#fillsOf.get(fill.orderUid) ?? [];
          fills.push(fill);
          this.#fillsOf.set(fill.orderUid, fills);
          return { status: 'inserted', fill: { ...fill, ...LOCAL, sequence: 0 } };
        },
        listByOrder: async (orderUid) =>
          (this.#fillsOf.get(orderUid) ?? []).map((fill) => ({ ...fill, ...LOCAL, sequence: 0 })),
        sumCash: async () =>
          this.fills.reduce((sum, fill) => sum.plus(cashChange(fill)), new Money(0)),
      },
      halts: {
        insert: async (halt) => void this.#halts.push(halt),
        listActive: async () => this.#halts,
        resume: async () => 0,
        lastResumedAt: async () => undefined,
      },
      leases: this.#leases(),
      orders: this.#orderStore(),
      positions: this.#positionStore(),
      prices: { latest: async () => new Map() },
      reconciliations: { insert: async () => undefined },
      series: { find: async () => undefined },
      transaction: (work) => work(stores),
    };
    return stores;
  }

  #leases(): TradingStores['leases'] {
    return {
      acquire: async () => ({ status: 'held', expiresAt: Infinity }),
      renew: async () => ({ status: 'held', expiresAt: Infinity }),
      release: async () => undefined,
    };
  }

  #orderStore(): TradingStores['orders'] {
    return {
      insert: async (order) => {
        this.#orders.set(order.uid, order);
        this.#unsettled.set(order.uid, order);
        const known = this.#ordersOf.get(order.positionUid) ?? [];
        this.#ordersOf.set(order.positionUid, [...known, order.uid]);
        return { ...order, ...LOCAL, rowVersion: 1 };
      },
      settle: async (uid, { status, settledAt, reason }) => {
        const order = assertDefined(this.#orders.get(uid), `order ${uid}`);
        const settled = { ...order, status, settledAt, reason: reason ?? order.reason };
        this.#orders.set(uid, settled);
        this.#unsettled.delete(uid);
        return { ...settled, ...LOCAL, rowVersion: 2 };
      },
      // Nothing is sent anywhere in a run.
      markSent: async () => undefined,
      find: async (uid) => this.#findOrder((order) => order.uid === uid),
      findByClientId: async (id) => this.#findOrder((order) => order.clientOrderId === id),
      list: async ({ positionUid }) => {
        const uids = this.#ordersOf.get(positionUid ?? '') ?? [];
        const orders = uids.map((uid) => assertDefined(this.#orders.get(uid), `order ${uid}`));
        const rows = orders.map((order) => ({ ...order, ...LOCAL, rowVersion: 1 }));
        return { rows, total: rows.length };
      },
      listUnsettled: async () =>
        [...this.#unsettled.values()].map((order) => ({ ...order, ...LOCAL, rowVersion: 1 })),
      // Only an account at an exchange is asked about them.
      listGivenUp: async () => [],
    };
  }

  #findOrder(isAsked: (order: Order) => boolean): StoredOrder | undefined {
    const order = this.orders.find(isAsked);
    return order === undefined ? undefined : { ...order, ...LOCAL, rowVersion: 1 };
  }

  #positionStore(): TradingStores['positions'] {
    return {
      insert: async (position) => this.#put(position, 1),
      update: async (position, rowVersion) => this.#put(position, rowVersion + 1),
      find: async (uid) => this.#positions.get(uid),
      listOpen: async () => this.#openList,
      listClosedSince: async () => [],
      lastExitAt: async (_, symbol) => this.#factsOf(symbol).lastExitAt,
    };
  }

  #factsOf(symbol: string): SymbolFacts {
    let facts = this.#facts.get(symbol);
    if (facts === undefined) {
      facts = new SymbolFacts(this);
      this.#facts.set(symbol, facts);
    }
    return facts;
  }

  #put(position: Position, rowVersion: number): StoredPosition {
    const stored = { ...position, ...LOCAL, rowVersion };
    this.#positions.set(position.uid, stored);
    const facts = this.#factsOf(position.symbol);
    if (position.status === 'closed') facts.lastExitAt = position.closedAt ?? 0;
    const isOver = position.status === 'closed' || position.status === 'abandoned';
    if (isOver) this.#open.delete(position.uid);
    else this.#open.set(position.uid, stored);
    this.#openList = [...this.#open.values()];
    facts.position = this.#openList.find(({ symbol }) => symbol === position.symbol);
    return stored;
  }
}

/** Written out: of all that a run stores this alone is made for every bar, and a spread takes ten times as long. */
function toStored(decision: Decision): Stored<Decision> {
  return {
    id: 0,
    createdAt: 0,
    uid: decision.uid,
    signalUid: decision.signalUid,
    venue: decision.venue,
    symbol: decision.symbol,
    timeframe: decision.timeframe,
    bot: decision.bot,
    candleOpenTime: decision.candleOpenTime,
    action: decision.action,
    reason: decision.reason,
    isAdvisory: decision.isAdvisory,
    positionUid: decision.positionUid,
    decidedAt: decision.decidedAt,
    quotesAt: decision.quotesAt,
  };
}
