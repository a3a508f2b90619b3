import { hasOwnForm } from '../../domain/client-order-id.js';
import { Money } from '../../domain/money.js';
import { ConfigError, messageOf, RejectedError, TransientError } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import { parseBaseUrl } from '../apply-base-url.js';
import type { CcxtMarket } from '../ccxt-exchange.js';
import { createInstance } from '../create-ccxt-exchange.js';
import { loadCcxtClass } from '../load-ccxt-class.js';
import type { MarketClock } from '../venue-clock.js';
import { VenueHttp } from '../venue-http.js';
import type { CcxtOrder, CcxtTrading, CcxtTradingClass, Params } from './ccxt-trading.js';
import { fetchFillsSince } from './fill-pages.js';
import { fetchOrderPages } from './order-pages.js';
import { NOT_SENT } from './order-venue.js';
import type {
  CancelAnswer,
  KeyRights,
  LookUpAnswer,
  OpenOrders,
  OrderRequest,
  OrderVenue,
  SubmitAnswer,
  TrialAnswer,
  VenueAbilities,
  VenueAccount,
  VenueBalance,
  VenueFees,
  VenueFill,
  VenueOrder,
  VenueRules,
} from './order-venue.js';
import { toBalances, toMoney, toRules, toVenueFill, toVenueOrder } from './to-port.js';
import { VenueCalls, type Outcome } from './venue-calls.js';
import type { VenueEntry } from './venue-entry.js';
import { getVenueEntry } from './venue-table.js';

export interface VenueKeys {
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase?: string | undefined;
  readonly uid?: string | undefined;
}

export interface CcxtOrderVenueOptions {
  /** `EXCHANGE`: `demo`, or a ccxt id that is in the table. */
  readonly exchangeId: string;
  /** `EXCHANGE_BASE_URL`, or where the demo listens. */
  readonly baseUrl?: string | undefined;
  readonly keys: VenueKeys;
  /** By the venue's time: requests are signed with it. */
  readonly clock: MarketClock;
  readonly requestSpacingMs?: number | undefined;
  /** Wall time for one whole answer. */
  readonly timeoutMs?: number | undefined;
  readonly retry?: { readonly attempts?: number; readonly initialDelayMs?: number };
}

/** Reading a venue's list of markets is heavy, and most refusals have other reasons. */
const RULES_EVERY_MS = 60_000;
/** A venue's servers do not agree on the time to the millisecond. */
const FILL_MARGIN_MS = 60_000;

/** Orders over ccxt's own class of the venue, with what the venue table says about it. */
export class CcxtOrderVenue implements OrderVenue, VenueAccount {
  readonly entry: VenueEntry;
  readonly #options: CcxtOrderVenueOptions;
  readonly #http: VenueHttp;
  readonly #calls: VenueCalls;
  #exchange: CcxtTrading | undefined;
  /** Wall time before which a refused order does not let the rules be read again. */
  #rulesDueMs = 0;

  /** Throws a `ConfigError` for a venue that is not in the table, or a credential that is missing. */
  constructor(options: CcxtOrderVenueOptions) {
    this.#options = options;
    this.entry = getVenueEntry(options.exchangeId);
    const missing = this.entry.credentials.filter((name) => (options.keys[name] ?? '') === '');
    if (missing.length > 0) {
      throw new ConfigError(`${options.exchangeId} also needs its ${missing.join(' and ')}`);
    }
    this.#http = new VenueHttp({ clock: options.clock, timeoutMs: this.#timeoutMs });
    this.#calls = new VenueCalls({
      exchangeId: options.exchangeId,
      entry: this.entry,
      http: this.#http,
      secrets: Object.values(options.keys).filter((value) => value !== undefined),
      attempts: options.retry?.attempts ?? 3,
      initialDelayMs: options.retry?.initialDelayMs ?? 250,
    });
  }

  get abilities(): VenueAbilities {
    return this.entry.abilities;
  }

  /** Reads the markets and their rules; also again, where that fails the old ones stay. */
  async start(): Promise<void> {
    this.#exchange ??= await this.#createInstance();
    const exchange = this.#exchange;
    await this.#calls.read('markets', () => exchange.loadMarkets(true));
    const { afterMarkets } = this.entry;
    if (afterMarkets !== undefined) {
      await this.#calls.read('kind of account', () => afterMarkets(exchange));
    }
  }

  stop(): void {
    this.#http.stop();
  }

  async submit(request: OrderRequest): Promise<SubmitAnswer> {
    const { symbol, side, sizeBase, clientOrderId, kind } = request;
    const outcome = await this.#create(request, {});
    if (outcome.status === 'failed') {
      if (outcome.means === 'rejected') void this.#renewRules();
      return toRefusedSubmit(outcome);
    }
    const { value } = outcome;
    const isOurs = (value.clientOrderId ?? clientOrderId) === clientOrderId;
    if (value.id === undefined || value.id === '' || !isOurs) {
      return { status: 'unknown', reason: 'an answer without the id of the order' };
    }
    const shown = kind === 'limit-ioc' ? 'limit' : kind;
    const known = { clientOrderId, symbol, side, sizeBase, kind: shown } as const;
    try {
      return { status: 'accepted', order: this.#toOrder(value, known) };
    } catch (error) {
      return { status: 'unknown', reason: messageOf(error) };
    }
  }

  async lookUp(symbol: string, clientOrderId: string): Promise<LookUpAnswer> {
    const exchange = this.#started();
    const askedAtVenueTime = this.#options.clock.marketMs();
    for (const place of this.entry.places) {
      const outcome = await this.#calls.attempt(`${place.name} ${clientOrderId}`, async () => {
        const orders = await place.ask(exchange, { symbol, clientOrderId });
        return newestOf(orders.filter((order) => order.clientOrderId === clientOrderId));
      });
      if (outcome.status === 'failed') {
        if (outcome.means === 'absent') continue;
        return { status: 'unknown', reason: outcome.reason };
      }
      const found = outcome.value;
      if (found === undefined) continue;
      try {
        return { status: 'found', order: this.#toOrder(found, { clientOrderId, symbol }) };
      } catch (error) {
        return { status: 'unknown', reason: messageOf(error) };
      }
    }
    return { status: 'absent', askedAtVenueTime };
  }

  async cancel(symbol: string, clientOrderId: string): Promise<CancelAnswer> {
    const exchange = this.#started();
    let answer: CancelAnswer = { status: 'gone', reason: 'nothing to cancel' };
    for (const cancel of this.entry.cancels) {
      const outcome = await this.#calls.attempt(`cancellation of ${clientOrderId}`, () =>
        cancel(exchange, { symbol, clientOrderId }),
      );
      if (outcome.status === 'answered') {
        if (outcome.value !== 'gone') return { status: 'canceled' };
        continue;
      }
      const isGone = outcome.means === 'gone' || outcome.means === 'absent';
      answer = { status: isGone ? 'gone' : 'unknown', reason: outcome.reason };
      if (!isGone) return answer;
    }
    return answer;
  }

  async openOrders(symbol?: string): Promise<OpenOrders> {
    const exchange = this.#started();
    const { openOrders = { ask: askOpenOrders, limit: Infinity } } = this.entry;
    const { orders: shown, mayBeMore } = await fetchOrderPages(openOrders, (further) =>
      this.#calls.read('open orders', () => openOrders.ask(exchange, symbol, further)),
    );
    const known = symbol === undefined ? {} : { symbol };
    const orders: VenueOrder[] = [];
    const unreadable: string[] = [];
    for (const one of shown) {
      try {
        orders.push(this.#toOrder(one, known));
      } catch (error) {
        // Other programs may use kinds of orders that ccxt does not know.
        if (hasOwnForm(one.clientOrderId ?? '')) throw error;
        unreadable.push(one.id ?? '');
      }
    }
    return { orders, unreadable, mayBeMore };
  }

  async fillsOf(order: VenueOrder): Promise<readonly VenueFill[]> {
    const { symbol, venueOrderId, clientOrderId } = order;
    if (venueOrderId === undefined) {
      throw new TransientError(`order ${clientOrderId} has no id of the venue yet: look it up`);
    }
    const exchange = this.#started();
    const trades = await this.#calls.read(`fills of order ${clientOrderId}`, () =>
      this.entry.fillsOf(exchange, { symbol, venueOrderId }),
    );
    const fills = trades.map(toVenueFill).filter((fill) => fill.venueOrderId === venueOrderId);
    if (sumOf(fills).lt(order.filledBase)) return this.#fillsAmongAll(order);
    return fills.sort((one, other) => one.filledAt - other.filledAt);
  }

  /** One answer leaves out what is beyond its longest page, and at some venues what is days old. */
  async #fillsAmongAll({ symbol, venueOrderId, createdAt, updatedAt }: VenueOrder) {
    const sinceMs = (createdAt ?? updatedAt) - FILL_MARGIN_MS;
    const fills = await this.fillsSince(symbol, sinceMs);
    return fills.filter((fill) => fill.venueOrderId === venueOrderId);
  }

  async fillsSince(symbol: string, sinceMs: number): Promise<readonly VenueFill[]> {
    const exchange = this.#started();
    const { fillPages: pages } = this.entry;
    const asked = pages.isOfAllSymbols === true ? undefined : symbol;
    const fills = await fetchFillsSince({
      sinceMs,
      untilMs: this.#options.clock.marketMs(),
      pages,
      fetch: (fromMs, toMs, further) =>
        this.#calls.read(`fills of ${symbol}`, () =>
          exchange.fetchMyTrades(asked, fromMs, pages.limit, { until: toMs, ...further }),
        ),
    });
    return fills.filter((fill) => fill.symbol === symbol);
  }

  async balances(): Promise<ReadonlyMap<string, VenueBalance>> {
    const exchange = this.#started();
    return toBalances(await this.#calls.read('balances', () => exchange.fetchBalance()));
  }

  async rights(): Promise<KeyRights> {
    const exchange = this.#started();
    const { readRights } = this.entry;
    if (readRights !== undefined)
      return this.#calls.read('rights of the key', () => readRights(exchange));
    return {
      trade: undefined,
      withdraw: undefined,
      isSubAccount: undefined,
      expiresAt: undefined,
      isBoundToAddress: undefined,
    };
  }

  async feesOf(symbol: string): Promise<VenueFees> {
    const exchange = this.#started();
    const fees = await this.#calls.read(`fees of ${symbol}`, () =>
      exchange.fetchTradingFee(symbol),
    );
    return { maker: toMoney(fees.maker), taker: toMoney(fees.taker) };
  }

  async trial(request: OrderRequest): Promise<TrialAnswer> {
    const { trialParams } = this.entry;
    if (trialParams === undefined) throw new RejectedError('the venue has no trial orders');
    const outcome = await this.#create(request, trialParams);
    if (outcome.status === 'answered') return { status: 'passed' };
    const isRefused = !outcome.isSent || outcome.means === 'rejected';
    return { status: isRefused ? 'rejected' : 'unknown', reason: outcome.reason };
  }

  rulesOf(symbol: string): VenueRules {
    const { entry } = this;
    const { precisionMode } = this.#started();
    return toRules(this.#marketOf(symbol), { entry, precisionMode });
  }

  async #createInstance(): Promise<CcxtTrading> {
    const { exchangeId, baseUrl, keys, clock, requestSpacingMs } = this.#options;
    const exchangeClass = (await loadCcxtClass(
      this.entry.exchangeId,
    )) as unknown as CcxtTradingClass;
    const exchange = createInstance<CcxtTrading>({
      exchangeClass,
      http: this.#calls,
      config: {
        apiKey: keys.apiKey,
        secret: keys.secret,
        password: keys.passphrase,
        uid: keys.uid,
        number: String,
      },
      baseUrl: baseUrl === undefined ? undefined : parseBaseUrl(baseUrl),
      timeoutMs: this.#timeoutMs,
      requestSpacingMs: exchangeId === 'demo' ? 1 : requestSpacingMs,
      marketMs: () => clock.marketMs(),
    });
    // ccxt would send an order again by itself.
    exchange.options['maxRetriesOnFailure'] = 0;
    // Signed questions about wallets, for which a key that may only trade has no right.
    if (this.entry.exchangeId !== 'kraken')
      exchange.has = { ...exchange.has, fetchCurrencies: false };
    this.entry.prepare?.(exchange);
    return exchange;
  }

  /** A refused order may mean that a filter was changed or the symbol suspended since the last reading. */
  async #renewRules(): Promise<void> {
    const now = this.#options.clock.wallMs();
    if (now < this.#rulesDueMs) return;
    this.#rulesDueMs = now + RULES_EVERY_MS;
    await this.start().catch(() => undefined);
  }

  #create(request: OrderRequest, further: Params): Promise<Outcome<CcxtOrder>> {
    const { symbol, side, sizeBase, clientOrderId, kind } = request;
    const exchange = this.#started();
    // With a price, some venues would be sent a market order for an amount of money.
    const price = kind === 'market' ? undefined : request.price?.toFixed();
    return this.#calls.attempt(`order ${clientOrderId}`, () => {
      this.#assertOnGrid(request);
      const { type, params } = this.entry.toCreateCall(request);
      return exchange.createOrder(symbol, type, side, sizeBase.toFixed(), price, {
        ...params,
        ...further,
      });
    });
  }

  /** ccxt would cut a size and round a price by itself. */
  #assertOnGrid({ symbol, sizeBase, price, stopPrice }: OrderRequest): void {
    const { sizeStep, priceTick } = this.rulesOf(symbol);
    if (sizeStep !== undefined && !sizeBase.mod(sizeStep).isZero()) {
      throw new RejectedError(`size ${sizeBase.toFixed()} is no multiple of ${sizeStep.toFixed()}`);
    }
    for (const one of [price, stopPrice]) {
      if (one === undefined || priceTick === undefined || one.mod(priceTick).isZero()) continue;
      throw new RejectedError(`price ${one.toFixed()} is no multiple of ${priceTick.toFixed()}`);
    }
  }

  #toOrder(
    order: CcxtOrder,
    known: Omit<Parameters<typeof toVenueOrder>[1], 'venueTime'>,
  ): VenueOrder {
    const venueTime = this.#options.clock.marketMs();
    return { ...toVenueOrder(order, { ...known, venueTime }), createdAt: order.timestamp };
  }

  #marketOf(symbol: string): CcxtMarket<string> {
    const market = this.#started().markets?.[symbol];
    if (market?.spot === true) return market;
    throw new RejectedError(`${symbol} is not a spot market of ${this.#options.exchangeId}`);
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? 10_000;
  }

  #started(): CcxtTrading {
    return assertDefined(this.#exchange, 'orders: start() comes first');
  }
}

function askOpenOrders(exchange: CcxtTrading, symbol?: string): Promise<CcxtOrder[]> {
  return exchange.fetchOpenOrders(symbol);
}

function toRefusedSubmit(outcome: Extract<Outcome<never>, { status: 'failed' }>): SubmitAnswer {
  const { isSent, means, refusal, reason } = outcome;
  if (!isSent) return { status: 'rejected', code: NOT_SENT, reason };
  if (means === 'rejected') return { status: 'rejected', code: refusal?.code ?? '', reason };
  return { status: 'unknown', reason };
}

function sumOf(fills: readonly VenueFill[]): Money {
  return fills.reduce((total, { sizeBase }) => total.plus(sizeBase), new Money(0));
}

/** Ids are unique among open orders only, at most venues. */
function newestOf(orders: readonly CcxtOrder[]): CcxtOrder | undefined {
  return [...orders].sort((one, other) => (other.timestamp ?? 0) - (one.timestamp ?? 0))[0];
}
