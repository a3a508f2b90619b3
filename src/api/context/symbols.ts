import { modelKeyFor, GLOBAL_SYMBOL } from '../../domain/bots.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { Series } from '../../domain/market.js';
import { ApiError, badRequest, notFound } from '../http/answer-errors.js';
import type { ApiContext, SeriesFilter } from './api-context.js';
import type { ListQuery } from '../contract/common.js';

/** A key that a call is about, with the id under which the venue knows the symbol. */
export interface NamedKey {
  readonly key: ModelKey;
  readonly marketId: string;
}

type Asked = {
  readonly [Name in 'symbol' | 'timeframe' | 'bot' | 'venue' | 'from' | 'to']?:
    ListQuery[Name] | undefined;
};

/** What the call is about; what it leaves out is what trades. */
export async function resolveKey(context: ApiContext, asked: Asked): Promise<NamedKey> {
  const trading = context.findTradingKey();
  if (trading === undefined) {
    throw starting();
  }
  const venue = asked.venue ?? trading.venue;
  const found = await findSeries(context, venue, asked.symbol ?? trading.symbol);
  return {
    key: {
      venue,
      symbol: found.symbol,
      timeframe: asked.timeframe ?? trading.timeframe,
      bot: asked.bot ?? trading.bot,
    },
    marketId: found.marketId,
  };
}

/** A model that a call is about, and the instrument that was asked for: `*` where all were. */
export interface NamedModel extends NamedKey {
  readonly asked: NamedKey;
}

/** The key of the model that a call is about: where a bot pools instruments, that of all of them. */
export async function resolveModelKey(context: ApiContext, asked: Asked): Promise<NamedModel> {
  const isForAll = asked.symbol === GLOBAL_SYMBOL;
  const { key, marketId } = await resolveKey(context, {
    ...asked,
    symbol: isForAll ? await anySymbol(context, asked) : asked.symbol,
  });
  const own = modelKeyFor(key);
  if (isForAll && own.symbol !== GLOBAL_SYMBOL) {
    throw badRequest(`bot "${key.bot}" has one model for each symbol`, 'symbol');
  }
  const instrument = { key, marketId };
  if (own.symbol === key.symbol) return { ...instrument, asked: instrument };
  const global = { key: own, marketId: own.symbol };
  return { ...global, asked: isForAll ? global : instrument };
}

/** Any symbol of the venue: the bot decides later. Undefined where the venue has no series, which `resolveKey` reports. */
async function anySymbol(context: ApiContext, asked: Asked): Promise<string | undefined> {
  const venue = resolveVenue(context, asked);
  return (await context.stores.series.list({ venue }))[0]?.symbol;
}

/** The venue that a call is about, by default the one that trades. */
export function resolveVenue(
  context: Pick<ApiContext, 'findTradingKey'>,
  asked: Pick<Asked, 'venue'>,
): string {
  const venue = asked.venue ?? context.findTradingKey()?.venue;
  if (venue === undefined) throw starting();
  return venue;
}

/** The filter of a list call; a symbol is taken in any of its forms. */
export async function resolveFilter(context: ApiContext, asked: Asked): Promise<SeriesFilter> {
  const venue = asked.venue ?? context.findTradingKey()?.venue;
  if (asked.symbol !== undefined && venue === undefined) throw starting();
  const { timeframe, bot } = asked;
  const { from, to } = toBounds(asked);
  const symbol =
    asked.symbol === undefined || venue === undefined
      ? undefined
      : (await findSeries(context, venue, asked.symbol)).symbol;
  return { venue, symbol, timeframe, bot, from, to };
}

/** The bounds of a list call, epoch milliseconds. */
export function toBounds(asked: Pick<Asked, 'from' | 'to'>): Pick<SeriesFilter, 'from' | 'to'> {
  const [from, to] = [toMs(asked.from), toMs(asked.to)];
  if (from === undefined || to === undefined || from <= to) return { from, to };
  throw badRequest('from lies after to', 'from');
}

function toMs(iso: string | undefined): number | undefined {
  return iso === undefined ? undefined : Date.parse(iso);
}

/** Market ids of a venue by unified symbol, for answers. */
export async function readMarketIds(
  context: ApiContext,
  venue: string | undefined,
): Promise<ReadonlyMap<string, string>> {
  if (venue === undefined) return new Map();
  const series = await context.names.list(venue);
  return new Map(series.map(({ symbol, marketId }) => [symbol, marketId]));
}

/** `BTCUSDT`, `BTC-USDT`, `BTC/USDT`: the series that is meant, whatever the form. */
async function findSeries(context: ApiContext, venue: string, text: string): Promise<Series> {
  const known = matchSeries(await context.names.list(venue), text);
  const matching =
    known.length > 0 ? known : matchSeries(await context.names.listAnew(venue), text);
  const [first] = matching;
  if (first === undefined) {
    const isKnownVenue = (await context.names.list(venue)).length > 0;
    if (!isKnownVenue) throw notFound(`venue "${venue}" has no stored series`, 'venue');
    throw notFound(`symbol "${text}" is not among the stored series`, 'symbol');
  }
  const symbols = [...new Set(matching.map(({ symbol }) => symbol))];
  if (symbols.length > 1)
    throw badRequest(`symbol "${text}" may be ${symbols.join(' or ')}`, 'symbol');
  return first;
}

/** The one whose unified symbol it is, else all whose market id or other forms it may be. */
function matchSeries(all: readonly Series[], text: string): readonly Series[] {
  const wanted = text.toUpperCase();
  const exact = all.find(({ symbol }) => symbol.toUpperCase() === wanted);
  if (exact !== undefined) return [exact];
  return all.filter(({ symbol, marketId }) =>
    [marketId, symbol.replace('/', '-'), symbol.replace('/', '')].some(
      (form) => form.toUpperCase() === wanted,
    ),
  );
}

function starting(): ApiError {
  return new ApiError(503, 'starting', 'The exchange has not answered yet; try again in a moment');
}
