import { ConfigError, RejectedError, TransientError, messageOf } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import { redactText } from '../../lib/redact.js';
import { parseBaseUrl } from '../apply-base-url.js';
import type { CcxtMarket } from '../ccxt-exchange.js';
import { createInstance } from '../create-ccxt-exchange.js';
import { loadCcxtClass } from '../load-ccxt-class.js';
import { createReadRetry, type ReadRetry } from '../retry-reads.js';
import { translateError } from '../translate-error.js';
import type { MarketClock } from '../venue-clock.js';
import { VenueHttp } from '../venue-http.js';
import type { CcxtOrder, CcxtTrading, CcxtTradingClass } from './ccxt-trading.js';
import { fetchFillsSince } from './fill-pages.js';
import type {
  CancelAnswer,
  LookUpAnswer,
  OrderRequest,
  OrderVenue,
  SubmitAnswer,
  VenueAbilities,
  VenueBalance,
  VenueFill,
  VenueOrder,
  VenueRules,
} from './order-venue.js';
import { SentRequests, type SentRequest } from './sent-requests.js';
import { toBalances, toRules, toVenueFill, toVenueOrder } from './to-port.js';
import { meaningOf, type Refusal, type VenueEntry } from './venue-entry.js';
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

type Outcome<T> =
  | { readonly status: 'answered'; readonly value: T }
  | {
      readonly status: 'failed';
      readonly refusal: Refusal | undefined;
      readonly means: ReturnType<typeof meaningOf>;
      readonly isSent: boolean;
      readonly reason: string;
    };

/** Orders over ccxt's own class of the venue, with what the venue table says about it. */
export class CcxtOrderVenue implements OrderVenue {
  readonly entry: VenueEntry;
  readonly #options: CcxtOrderVenueOptions;
  readonly #http: VenueHttp;
  readonly #requests: SentRequests;
  readonly #secrets: readonly string[];
  readonly #retry: ReadRetry;
  #exchange: CcxtTrading | undefined;

  /** Throws a `ConfigError` for a venue that is not in the table, or a credential that is missing. */
  constructor(options: CcxtOrderVenueOptions) {
    this.#options = options;
    this.entry = getVenueEntry(options.exchangeId);
    const missing = this.entry.credentials.filter((name) => (options.keys[name] ?? '') === '');
    if (missing.length > 0) {
      throw new ConfigError(`${options.exchangeId} also needs its ${missing.join(' and ')}`);
    }
    this.#secrets = Object.values(options.keys).filter((value) => value !== undefined);
    this.#http = new VenueHttp({ clock: options.clock, timeoutMs: this.#timeoutMs });
    this.#requests = new SentRequests(this.#http);
    this.#retry = createReadRetry({
      attempts: options.retry?.attempts ?? 3,
      initialDelayMs: options.retry?.initialDelayMs ?? 250,
      maxDelayMs: 2_000,
      retryAfterMs: () => this.#http.retryAfterMs(),
      maxRetryAfterMs: 10_000,
      random: Math.random,
    });
  }

  get abilities(): VenueAbilities {
    return this.entry.abilities;
  }

  /** Reads the markets and their rules; also again, where that fails the old ones stay. */
  async start(): Promise<void> {
    this.#exchange ??= await this.#createInstance();
    const exchange = this.#exchange;
    await this.#read('markets', () => exchange.loadMarkets(true));
  }

  stop(): void {
    this.#http.stop();
  }

  async submit(request: OrderRequest): Promise<SubmitAnswer> {
    const { symbol, side, sizeBase, price, clientOrderId, kind } = request;
    const exchange = this.#started();
    const { type, params } = this.entry.toCreateCall(request);
    const outcome = await this.#attempt(`order ${clientOrderId}`, () => {
      this.#assertOnGrid(request);
      const amount = sizeBase.toFixed();
      return exchange.createOrder(symbol, type, side, amount, price?.toFixed(), params);
    });
    if (outcome.status === 'failed') return toRefusedSubmit(outcome);
    const { value } = outcome;
    const isOurs = (value.clientOrderId ?? clientOrderId) === clientOrderId;
    if (value.id === undefined || value.id === '' || !isOurs) {
      return { status: 'unknown', reason: 'an answer without the id of the order' };
    }
    const shown = kind === 'limit-ioc' ? 'limit' : kind;
    const known = { clientOrderId, symbol, side, sizeBase, kind: shown } as const;
    return { status: 'accepted', order: this.#toOrder(value, known) };
  }

  async lookUp(symbol: string, clientOrderId: string): Promise<LookUpAnswer> {
    const exchange = this.#started();
    const askedAtVenueTime = this.#options.clock.marketMs();
    for (const place of this.entry.places) {
      const outcome = await this.#attempt(`${place.name} ${clientOrderId}`, async () => {
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
    const outcome = await this.#attempt(`cancellation of ${clientOrderId}`, () =>
      this.entry.cancel(exchange, { symbol, clientOrderId }),
    );
    if (outcome.status === 'answered') return { status: 'canceled' };
    const isGone = outcome.means === 'gone' || outcome.means === 'absent';
    return { status: isGone ? 'gone' : 'unknown', reason: outcome.reason };
  }

  async openOrders(symbol?: string): Promise<readonly VenueOrder[]> {
    const exchange = this.#started();
    const orders = await this.#read('open orders', () => exchange.fetchOpenOrders(symbol));
    return orders.map((order) => this.#toOrder(order, symbol === undefined ? {} : { symbol }));
  }

  async fillsOf(order: VenueOrder): Promise<readonly VenueFill[]> {
    const { symbol, venueOrderId, clientOrderId } = order;
    if (venueOrderId === undefined) {
      throw new TransientError(`order ${clientOrderId} has no id of the venue yet: look it up`);
    }
    const exchange = this.#started();
    const trades = await this.#read(`fills of order ${clientOrderId}`, () =>
      this.entry.fillsOf(exchange, { symbol, venueOrderId }),
    );
    const fills = trades.map(toVenueFill).filter((fill) => fill.venueOrderId === venueOrderId);
    return fills.sort((one, other) => one.filledAt - other.filledAt);
  }

  async fillsSince(symbol: string, sinceMs: number): Promise<readonly VenueFill[]> {
    const exchange = this.#started();
    return fetchFillsSince({
      sinceMs,
      untilMs: this.#options.clock.marketMs(),
      windowMs: this.entry.tradeWindowMs,
      limit: this.entry.tradeLimit,
      fetch: async (fromMs, toMs) => {
        const trades = await this.#read(`fills of ${symbol}`, () =>
          exchange.fetchMyTrades(symbol, fromMs, this.entry.tradeLimit, { until: toMs }),
        );
        return trades.map(toVenueFill);
      },
    });
  }

  async balances(): Promise<ReadonlyMap<string, VenueBalance>> {
    const exchange = this.#started();
    return toBalances(await this.#read('balances', () => exchange.fetchBalance()));
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
      http: this.#requests,
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
    this.entry.prepare?.(exchange);
    return exchange;
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

  /** One call whose failure is an outcome. */
  async #attempt<T>(what: string, call: () => Promise<T>): Promise<Outcome<T>> {
    const sent: SentRequest[] = [];
    try {
      return { status: 'answered', value: await this.#requests.record(sent, async () => call()) };
    } catch (error) {
      // An order's fate is in the answer to what was sent, not to a question before or after it.
      const changing = sent.findLast(({ method }) => method !== 'GET');
      const refusal = this.#findRefusal(changing ?? sent.at(-1));
      const { message } = this.#translate(error, what);
      return {
        status: 'failed',
        refusal,
        means: refusal === undefined ? undefined : meaningOf(this.entry, refusal),
        isSent: changing !== undefined,
        reason: refusal === undefined ? message : this.#inWords(what, refusal),
      };
    }
  }

  /** What the venue itself said; a failure of its server or of one in between says nothing. */
  #findRefusal(sent: SentRequest | undefined): Refusal | undefined {
    if (sent?.body === undefined || sent.status === undefined) return undefined;
    if (sent.status >= 500 || sent.status === 429 || sent.status === 418) return undefined;
    try {
      return this.entry.readRefusal(JSON.parse(sent.body));
    } catch {
      return undefined;
    }
  }

  #inWords(what: string, { code, message }: Refusal): string {
    const text = redactText(message, this.#secrets).slice(0, 200);
    return `${this.#options.exchangeId} ${what}: ${code} ${text}`.trim();
  }

  async #read<T>(what: string, call: () => Promise<T>): Promise<T> {
    return this.#retry(async () => {
      try {
        return await call();
      } catch (error) {
        throw this.#translate(error, what);
      }
    });
  }

  #translate(error: unknown, what: string): Error {
    const context = { what: `${this.#options.exchangeId} ${what}`, knownSecrets: this.#secrets };
    return translateError(error, context);
  }

  #toOrder(
    order: CcxtOrder,
    known: Omit<Parameters<typeof toVenueOrder>[1], 'venueTime'>,
  ): VenueOrder {
    return toVenueOrder(order, { ...known, venueTime: this.#options.clock.marketMs() });
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

function toRefusedSubmit(outcome: Extract<Outcome<never>, { status: 'failed' }>): SubmitAnswer {
  const { isSent, means, refusal, reason } = outcome;
  if (!isSent) return { status: 'rejected', code: 'not-sent', reason };
  if (means === 'rejected') return { status: 'rejected', code: refusal?.code ?? '', reason };
  return { status: 'unknown', reason };
}

/** Ids are unique among open orders only, at most venues. */
function newestOf(orders: readonly CcxtOrder[]): CcxtOrder | undefined {
  return [...orders].sort((one, other) => (other.timestamp ?? 0) - (one.timestamp ?? 0))[0];
}
