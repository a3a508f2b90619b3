import { Decimal } from 'decimal.js';
import type { Instrument } from '../domain/market.js';
import { TransientError } from '../lib/errors.js';
import { applyBaseUrl } from './apply-base-url.js';
import type { CcxtExchange, CcxtMarket, CcxtRange } from './ccxt-exchange.js';
import type { VenueHttp } from './venue-http.js';

/** ccxt's marks for what a precision is: decimal places, digits that are no step at all; else the step itself. */
const DECIMAL_PLACES = 2;
const SIGNIFICANT_DIGITS = 3;

export interface InstanceOptions<T> {
  readonly exchangeClass: new (config: Readonly<Record<string, unknown>>) => T;
  readonly http: Pick<VenueHttp, 'fetch'>;
  /** Further members of ccxt's configuration, such as keys; without keys nothing is signed. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly baseUrl: URL | undefined;
  readonly timeoutMs: number;
  /** Wall time between two requests of cost 1; undefined leaves ccxt's own figure for the venue. */
  readonly requestSpacingMs: number | undefined;
  readonly marketMs: () => number;
}

/** An exchange object limited to spot markets, with our own HTTP and the venue's time. */
export function createInstance<T extends CcxtExchange<number | string>>(
  options: InstanceOptions<T>,
): T {
  const spacing =
    options.requestSpacingMs === undefined ? {} : { rateLimit: options.requestSpacingMs };
  const { config } = options;
  const exchange = new options.exchangeClass({ enableRateLimit: true, ...spacing, ...config });
  // Own deadline and answer checks; ccxt's time-out is only the second line.
  exchange.timeout = options.timeoutMs * 2;
  exchange.fetchImplementation = options.http.fetch;
  exchange.milliseconds = options.marketMs;
  exchange.options['defaultType'] = 'spot';
  limitToSpot(exchange);
  refuseCutAnswers(exchange);
  if (options.baseUrl !== undefined) {
    exchange.urls.api = applyBaseUrl(exchange.urls.api, options.baseUrl);
  }
  return exchange;
}

/** Most venues list derivatives by further requests, which spot data does not need. */
function limitToSpot(exchange: Pick<CcxtExchange, 'options'>): void {
  const known = exchange.options['fetchMarkets'];
  if (typeof known !== 'object' || known === null) return;
  const types: unknown = (known as { types?: unknown }).types;
  if (Array.isArray(types) && (types as unknown[]).includes('spot')) {
    exchange.options['fetchMarkets'] = { ...known, types: ['spot'] };
  } else if (typeof types === 'object' && types !== null && 'spot' in types) {
    const onlySpot = Object.keys(types).map((type) => [type, type === 'spot'] as const);
    exchange.options['fetchMarkets'] = { ...known, types: Object.fromEntries(onlySpot) };
  }
}

/** ccxt passes an unreadable body on as text, and its parsers make meaningless rows of it. */
function refuseCutAnswers(exchange: Pick<CcxtExchange, 'parseJson'>): void {
  const parseJson = exchange.parseJson.bind(exchange);
  exchange.parseJson = (text) => {
    const parsed = parseJson(text);
    if (parsed === undefined && /^\s*[[{]/.test(text)) {
      throw new TransientError(`an answer that breaks off after ${text.length} characters`);
    }
    return parsed;
  };
}

/** The spot markets by symbol, also those that are on hold. */
export function toInstruments(exchange: CcxtExchange): Instrument[] {
  return Object.values(exchange.markets ?? {})
    .filter((market) => market.spot === true)
    .map((market) => toInstrument(market, exchange.precisionMode))
    .sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
}

function toInstrument(market: CcxtMarket, precisionMode: number): Instrument {
  const { id, symbol, base, quote } = market;
  const toStep = (precision: number | undefined): string | undefined => {
    if (precisionMode === SIGNIFICANT_DIGITS) return undefined;
    const step = precisionMode === DECIMAL_PLACES ? stepOfPlaces(precision) : precision;
    return step === 0 ? undefined : toText(step);
  };
  return {
    symbol,
    marketId: id,
    base,
    quote,
    sizeStep: toStep(market.precision?.amount),
    priceTick: toStep(market.precision?.price),
    minSize: toText(market.limits?.amount?.min),
    minCost: toText(market.limits?.cost?.min),
    maxSize: toText(largestOf(market.limits?.amount)),
    maxCost: toText(largestOf(market.limits?.cost)),
    isOnHold: market.active === false,
  };
}

function stepOfPlaces(places: number | undefined): number | undefined {
  return places === undefined ? undefined : 10 ** -places;
}

/** Some venues write 0 where they have no limit. */
export function largestOf<N extends number | string>(
  range: CcxtRange<N> | undefined,
): N | undefined {
  return Number(range?.max) === 0 ? undefined : range?.max;
}

function toText(value: number | undefined): string | undefined {
  if (value === undefined || !Number.isFinite(value)) return undefined;
  return new Decimal(value).toFixed();
}
