import { setMaxListeners } from 'node:events';
import type { Instrument } from '../domain/market.js';
import { isTimeframe, TIMEFRAMES, type Timeframe } from '../domain/timeframe.js';
import type { Clock } from '../lib/clock.js';
import { ConfigError, messageOf, TransientError } from '../lib/errors.js';
import { growingPauseMs } from '../lib/growing-pause.js';
import { assertDefined } from '../lib/invariant.js';
import type { Logger } from '../lib/logger.js';
import type { TurnSource } from '../lib/turns.js';
import { parseBaseUrl } from './apply-base-url.js';
import { fetchCandlePages, type CandleRow } from './candle-pages.js';
import type { CcxtExchange } from './ccxt-exchange.js';
import { createInstance, toInstruments } from './create-ccxt-exchange.js';
import { fetchQuotes } from './fetch-quotes.js';
import { loadCcxtClass } from './load-ccxt-class.js';
import type {
  CandlePage,
  CandleRequest,
  MarketData,
  QuoteBatch,
  VenueTrouble,
} from './market-data.js';
import { resolveSymbol } from './resolve-symbol.js';
import { createReadRetry, rejectOnAbort, type ReadRetry } from './retry-reads.js';
import { translateError } from './translate-error.js';
import { VenueClock } from './venue-clock.js';
import { VenueHttp } from './venue-http.js';

/** Where ccxt states no limit of its own for candles. */
const DEFAULT_PAGE_LIMIT = 500;
const START_RETRY = { firstMs: 1_000, longestMs: 60_000 } as const;
/** Fresh enough for scaled time, where a second is minutes of the market. */
const SCALED_CERTAINTY_MS = 100;

export interface CcxtMarketDataOptions {
  /** A ccxt id; `EXCHANGE`. */
  readonly exchangeId: string;
  /** `EXCHANGE_BASE_URL`. */
  readonly baseUrl?: string;
  /** Under another name than `<id>` or `<id>@<host>`: the demo's runs are venues of their own. */
  readonly venue?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Market time per wall time; above 1 for the demo. */
  readonly speed?: number;
  readonly requestSpacingMs?: number;
  /** Wall time for one whole answer. */
  readonly timeoutMs?: number;
  /** Wall time between two questions for the venue's time. */
  readonly clockRefreshMs?: number;
  readonly retry?: { readonly attempts?: number; readonly initialDelayMs?: number };
  readonly random?: () => number;
  /** In which answers are parsed. Default: the next ones. */
  readonly turns?: TurnSource;
  /** Of the venue clock; see there. */
  readonly monotonicMs?: () => number;
}

/** Public market data of any ccxt exchange, and the only way to ccxt there is. */
export class CcxtMarketData implements MarketData {
  readonly venue: string;
  readonly clock: VenueClock;
  readonly #options: CcxtMarketDataOptions;
  readonly #baseUrl: URL | undefined;
  readonly #http: VenueHttp;
  readonly #retry: ReadRetry;
  readonly #stopping = new AbortController();
  #exchange: CcxtExchange | undefined;
  #instruments: readonly Instrument[] | undefined;
  #refreshing: Promise<void> | undefined;
  /** Questions for the time that are under way, shared by all who need one. */
  #askingTime: Promise<number> | undefined;
  #certainAt = -Infinity;

  /** Throws a `ConfigError` for a malformed base address. */
  constructor(options: CcxtMarketDataOptions) {
    this.#options = options;
    // Every call under way listens for the stop.
    setMaxListeners(0, this.#stopping.signal);
    this.#baseUrl = options.baseUrl === undefined ? undefined : parseBaseUrl(options.baseUrl);
    const host = this.#baseUrl === undefined ? '' : `@${this.#baseUrl.host}`;
    this.venue = options.venue ?? `${options.exchangeId}${host}`;
    this.clock = new VenueClock({
      wall: options.clock,
      speed: options.speed ?? 1,
      monotonicMs: options.monotonicMs,
    });
    this.#http = new VenueHttp({
      clock: options.clock,
      timeoutMs: this.#timeoutMs,
      turns: options.turns,
    });
    this.#retry = createReadRetry({
      attempts: options.retry?.attempts ?? 4,
      initialDelayMs: options.retry?.initialDelayMs ?? 250,
      maxDelayMs: 5_000,
      retryAfterMs: () => this.#http.retryAfterMs(),
      maxRetryAfterMs: 60_000,
      random: options.random ?? Math.random,
    });
  }

  get trouble(): VenueTrouble | undefined {
    return this.#http.trouble;
  }

  get isReady(): boolean {
    return this.#instruments !== undefined;
  }

  get timeframes(): readonly Timeframe[] {
    const offered = this.#exchange?.timeframes ?? {};
    return TIMEFRAMES.filter((timeframe) => timeframe in offered);
  }

  async start(signal: AbortSignal): Promise<void> {
    const { exchangeId, requestSpacingMs } = this.#options;
    this.#exchange ??= createInstance({
      exchangeClass: await loadCcxtClass(exchangeId),
      http: this.#http,
      baseUrl: this.#baseUrl,
      timeoutMs: this.#timeoutMs,
      requestSpacingMs,
      marketMs: () => this.clock.marketMs(),
    });
    await this.#startWhenVenueAnswers(signal);
    this.#refreshing ??= this.#refreshClock();
  }

  reload(signal?: AbortSignal): Promise<void> {
    return this.#loadMarkets(signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new TransientError('the exchange adapter was stopped'));
    this.#http.stop();
    await this.#refreshing;
  }

  listSpot(quote?: string): Instrument[] {
    return this.#markets().filter(
      (market) => market.isOnHold !== true && (quote === undefined || market.quote === quote),
    );
  }

  resolveSymbol(text: string, configured: readonly string[] = []): Instrument {
    return resolveSymbol(text, { venue: this.venue, spot: this.#markets(), configured });
  }

  assertTimeframe(timeframe: Timeframe): void {
    if (isTimeframe(timeframe) && this.timeframes.includes(timeframe)) return;
    const offered = this.timeframes.join(', ');
    throw new ConfigError(`${this.venue} has no candles of ${timeframe}; it has ${offered}.`);
  }

  fetchCandles(request: CandleRequest): AsyncGenerator<CandlePage, void> {
    this.assertTimeframe(request.timeframe);
    const { symbol, timeframe, signal } = request;
    const exchange = this.#started();
    return fetchCandlePages({
      ...request,
      pageLimit: exchange.features?.spot?.fetchOHLCV?.limit ?? DEFAULT_PAGE_LIMIT,
      certainMarketMs: () => this.#certainMarketMs(signal),
      latestMarketMs: () => this.clock.latestMarketMs(),
      fetchRows: (sinceMs, limit) =>
        this.#call(
          `candles of ${symbol} ${timeframe}`,
          async () => toRows(await exchange.fetchOHLCV(symbol, timeframe, sinceMs, limit)),
          signal,
        ),
    });
  }

  fetchQuotes(symbols: readonly string[], signal?: AbortSignal): Promise<QuoteBatch> {
    return fetchQuotes({
      exchange: this.#started(),
      venue: this.venue,
      symbols,
      marketMs: () => this.clock.marketMs(),
      latestMarketMs: () => this.clock.latestMarketMs(),
      call: (what, work) => this.#call(what, work, signal),
    });
  }

  async fetchVenueTime(signal?: AbortSignal): Promise<number> {
    const exchange = this.#started();
    if (exchange.has['fetchTime'] !== true) return this.clock.wallMs();
    this.#askingTime ??= this.#askTime(exchange).finally(() => (this.#askingTime = undefined));
    return rejectOnAbort(this.#askingTime, signal);
  }

  async #askTime(exchange: CcxtExchange): Promise<number> {
    return this.#call('time', async () => {
      const sentMs = this.clock.monotonicMs();
      const venueMs = (await exchange.fetchTime()) ?? NaN;
      const receivedMs = this.clock.monotonicMs();
      if (!this.clock.observe({ venueMs, sentMs, receivedMs })) {
        throw new TransientError(`time ${venueMs} lies far from the expected one`);
      }
      this.#certainAt = receivedMs;
      return venueMs;
    });
  }

  /** Scaled time is asked for again: extrapolating it by a second could be minutes wrong. */
  async #certainMarketMs(signal: AbortSignal | undefined): Promise<number> {
    const ageMs = this.clock.monotonicMs() - this.#certainAt;
    if (this.clock.speed !== 1 && ageMs > SCALED_CERTAINTY_MS) await this.fetchVenueTime(signal);
    return this.clock.certainMarketMs();
  }

  async #startWhenVenueAnswers(signal: AbortSignal): Promise<void> {
    for (let failures = 1; ; failures++) {
      const delayMs = growingPauseMs(failures, START_RETRY);
      signal.throwIfAborted();
      try {
        if (this.#instruments === undefined) await this.#loadMarkets(signal);
        await this.fetchVenueTime(signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof ConfigError || this.#stopping.signal.aborted) throw error;
        this.#options.logger.warn('The exchange does not answer yet; trying again', {
          venue: this.venue,
          reason: messageOf(error),
          retryInMs: delayMs,
        });
      }
      await this.clock.sleep(delayMs, signal);
    }
  }

  async #loadMarkets(signal: AbortSignal | undefined): Promise<void> {
    const exchange = this.#started();
    // Without `true` ccxt would return its first, rejected promise again and again.
    await this.#call('markets', () => exchange.loadMarkets(true), signal);
    const instruments = toInstruments(exchange);
    if (instruments.length === 0) throw new TransientError(`${this.venue} lists no spot market`);
    this.#instruments = instruments;
  }

  /** Asks for the time now and then; a failure only leaves the clock running on. */
  async #refreshClock(): Promise<void> {
    const { signal } = this.#stopping;
    const everyMs = this.#options.clockRefreshMs ?? (this.clock.speed === 1 ? 60_000 : 1_000);
    const rest = (): Promise<boolean> =>
      this.clock.sleep(everyMs, signal).then(
        () => true,
        () => false,
      );
    while (await rest()) {
      await this.fetchVenueTime(signal).catch((error: unknown) => {
        this.#options.logger.debug('The venue did not answer with its time', {
          venue: this.venue,
          reason: messageOf(error),
        });
      });
    }
  }

  async #call<T>(what: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const attempt = async (): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        throw translateError(error, { what: `${this.venue} ${what}` });
      }
    };
    return rejectOnAbort(this.#retry(attempt, signal), this.#stopping.signal);
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? 10_000;
  }

  #markets(): readonly Instrument[] {
    if (this.#instruments === undefined) {
      throw new TransientError(`${this.venue} has not listed its markets yet`);
    }
    return this.#instruments;
  }

  #started(): CcxtExchange {
    return assertDefined(this.#exchange, 'exchange: start() comes first');
  }
}

function toRows(answer: unknown): readonly CandleRow[] {
  if (!Array.isArray(answer) || !answer.every((row) => Array.isArray(row))) {
    throw new TransientError('an answer that is no list of candles');
  }
  return answer as CandleRow[];
}
