import { existsSync } from 'node:fs';
import type { CandleColumns } from '../../domain/candle-columns.js';
import {
  ORDER_RULE_NAMES,
  ORDER_RULES,
  orderRulesOf,
  type OrderRules,
} from '../../domain/market.js';
import type { Timeframe } from '../../domain/timeframe.js';
import { ConfigError } from '../../lib/errors.js';
import { findNearNames } from '../../lib/near-names.js';
import type { DatabaseLocation } from '../../storage/connection/location.js';
import type { RowSource } from '../../storage/connection/connections.js';
import { loadColumns } from '../../storage/reader/load-columns.js';
import { openReader } from '../../storage/reader/open-reader.js';
import { hashCandles } from './hash-candles.js';
import type { MarketHistory, SymbolHistory } from './market-history.js';
import { findQuotedSpread } from './quoted-spread.js';

const HOW_TO_GET_CANDLES =
  'collect them (npm run collect), set EXCHANGE, or give --data a folder of candle files';

export interface StoredRequest {
  readonly location: DatabaseLocation;
  /** `binance`, or `demo` for whichever run of the demo exchange has the most candles. */
  readonly venue: string;
  readonly timeframe: Timeframe;
  /** Unified symbols or market ids; undefined for every stored one. */
  readonly symbols: readonly string[] | undefined;
}

interface StoredSeries extends OrderRules {
  readonly id: number;
  readonly symbol: string;
  readonly marketId: string;
}

/**
 * Reads what a daemon has collected, over a connection that only reads: a daemon beside it is not held up.
 *
 * @throws ConfigError when nothing of that is stored, naming what is
 */
export async function loadStored(request: StoredRequest): Promise<MarketHistory> {
  const { location, timeframe } = request;
  if (location.engine === 'sqlite' && !existsSync(location.file)) {
    throw new ConfigError(`There is no database at ${location.file} yet; ${HOW_TO_GET_CANDLES}`);
  }
  const reader = await openReader(location);
  try {
    const venue = await findVenue(reader, request);
    const series = choose(await listSeries(reader, venue, timeframe), request, venue);
    const symbols: SymbolHistory[] = [];
    for (const one of series) {
      const columns = await loadColumns(reader, one.id, {});
      if (columns.length === 0) continue;
      const quotedSpread = await findQuotedSpread(reader, venue, one.symbol);
      symbols.push({ ...toHistory(one, columns), quotedSpread });
    }
    if (symbols.length === 0) throw new ConfigError(`No candles of ${timeframe} are stored`);
    return { venue, timeframe, symbols, dataHash: hashCandles(symbols) };
  } finally {
    await reader.close();
  }
}

async function findVenue(
  reader: RowSource,
  { venue, timeframe }: Pick<StoredRequest, 'venue' | 'timeframe'>,
): Promise<string> {
  const sql =
    'SELECT venue, COUNT(*) FROM series WHERE timeframe = ? GROUP BY venue ORDER BY COUNT(*) DESC, MAX(id) DESC';
  const venues = (await reader.selectRows(sql, [timeframe])).map(([name]) => String(name));
  const found = venues.find((name) => name === venue || name.startsWith(`${venue}:`));
  if (found !== undefined) return found;
  const stored = venues.length === 0 ? 'no venue' : venues.join(', ');
  throw new ConfigError(
    `No candles of ${timeframe} at ${venue} are stored; there is ${stored}. To have some, ${HOW_TO_GET_CANDLES}`,
  );
}

async function listSeries(
  reader: RowSource,
  venue: string,
  timeframe: Timeframe,
): Promise<readonly StoredSeries[]> {
  const columns = Object.values(ORDER_RULE_NAMES).join(', ');
  const sql = `SELECT id, symbol, market_id, ${columns} FROM series WHERE venue = ? AND timeframe = ? ORDER BY id`;
  const rows = await reader.selectRows(sql, [venue, timeframe]);
  return rows.map(([id, symbol, marketId, ...rules]) => ({
    id: Number(id),
    symbol: String(symbol),
    marketId: String(marketId),
    ...toRules(rules),
  }));
}

/** @param values in the order of `ORDER_RULES` */
function toRules(values: readonly unknown[]): OrderRules {
  const rules = ORDER_RULES.map((name, index) => [name, textOf(values[index])] as const);
  return orderRulesOf(Object.fromEntries(rules));
}

function choose(
  stored: readonly StoredSeries[],
  { symbols, timeframe }: StoredRequest,
  venue: string,
): readonly StoredSeries[] {
  if (symbols === undefined) return stored;
  return symbols.map((name) => {
    const found = stored.find(({ symbol, marketId }) => symbol === name || marketId === name);
    if (found !== undefined) return found;
    const [near] = findNearNames(
      name,
      stored.map(({ symbol }) => symbol),
    );
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    throw new ConfigError(`--symbols: no ${timeframe} candles of ${name} at ${venue}${hint}`);
  });
}

function textOf(stored: unknown): string | undefined {
  return typeof stored === 'string' ? stored : undefined;
}

/** What the venue demands of orders is what a daemon was told last; of a series that none followed since, nothing. */
function toHistory(stored: StoredSeries, columns: CandleColumns): SymbolHistory {
  const { symbol, marketId } = stored;
  const [base = symbol, quote = ''] = symbol.split('/');
  return { instrument: { symbol, marketId, base, quote, ...orderRulesOf(stored) }, columns };
}
