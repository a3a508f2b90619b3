import { ORDER_RULE_NAMES } from '../../domain/market.js';
import type { StoredRun, TradeRow } from './read-run.js';

/** The same figure of two runs; null where a run does not have it. */
export interface FigurePair {
  readonly name: string;
  readonly a: number | null;
  readonly b: number | null;
}

/** A setting, or what else a run was made of, that differs. */
export interface InputPair {
  readonly name: string;
  readonly a: string;
  readonly b: string;
}

/** One entry of a symbol: a trade of one run alone, or of both with other values. */
export interface TradeDifference {
  readonly symbol: string;
  readonly opened_at: string;
  readonly in: 'a' | 'b' | 'both';
  /** The columns that differ, in the order of the file; empty for a trade of one run alone. */
  readonly columns: readonly InputPair[];
}

export interface RunComparison {
  readonly inputs: readonly InputPair[];
  readonly figures: readonly FigurePair[];
  readonly trades: {
    readonly a: number;
    readonly b: number;
    readonly equal: number;
    /** By the time of the entry. */
    readonly differences: readonly TradeDifference[];
  };
}

/** Of a run's description, what makes two runs comparable. */
const INPUTS = [
  'version',
  'signals',
  'from',
  'to',
  'timeframe',
  'bot',
  'venue',
  'data_hash',
] as const;

/** Two runs side by side: what they were made of, what came out, and where their trades part. */
export function compareRuns(a: StoredRun, b: StoredRun): RunComparison {
  return {
    inputs: [...compareInputs(a, b), ...compareSettings(a, b), ...compareMarkets(a, b)],
    figures: compareFigures(a, b),
    trades: compareTrades(a.trades, b.trades),
  };
}

function compareInputs({ description: a }: StoredRun, { description: b }: StoredRun): InputPair[] {
  const pairs = INPUTS.map((name) => ({ name, a: a[name], b: b[name] }));
  const symbols = { name: 'symbols', a: a.symbols.join(' '), b: b.symbols.join(' ') };
  return [...pairs, symbols].filter((pair) => pair.a !== pair.b);
}

function compareSettings(
  { description: a }: StoredRun,
  { description: b }: StoredRun,
): InputPair[] {
  const names = new Set([...Object.keys(a.settings), ...Object.keys(b.settings)]);
  const valueOf = (run: typeof a, name: string): string => String(run.settings[name] ?? '–');
  return [...names]
    .map((name) => ({ name, a: valueOf(a, name), b: valueOf(b, name) }))
    .filter((pair) => pair.a !== pair.b);
}

/** What decides fills besides the settings, as `result.json` has it. */
const MARKET_TERMS = ['spread_pct', ...Object.values(ORDER_RULE_NAMES)];

type MarketRow = Readonly<Record<string, string | number | null>>;

/** A market that one run alone has shows with the symbols. */
function compareMarkets({ figures: a }: StoredRun, { figures: b }: StoredRun): InputPair[] {
  const others = new Map(marketsOf(b).map((market) => [market['symbol'], market]));
  const valueOf = (market: MarketRow, name: string): string => String(market[name] ?? '–');
  return marketsOf(a).flatMap((market) => {
    const other = others.get(market['symbol']);
    if (other === undefined) return [];
    return MARKET_TERMS.map((term) => {
      const name = `${term} of ${valueOf(market, 'symbol')}`;
      return { name, a: valueOf(market, term), b: valueOf(other, term) };
    }).filter((pair) => pair.a !== pair.b);
  });
}

/** Runs of before they were noted have none. */
function marketsOf(figures: StoredRun['figures']): readonly MarketRow[] {
  return (figures['markets'] ?? []) as readonly MarketRow[];
}

function compareFigures({ figures: a }: StoredRun, { figures: b }: StoredRun): FigurePair[] {
  const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .map((name) => ({ name, a: numberOf(a[name]), b: numberOf(b[name]) }))
    .filter((pair) => pair.a !== null || pair.b !== null);
}

function compareTrades(a: readonly TradeRow[], b: readonly TradeRow[]): RunComparison['trades'] {
  const left = new Map(b.map((trade) => [keyOf(trade), trade]));
  const differences: TradeDifference[] = [];
  for (const trade of a) {
    const other = left.get(keyOf(trade));
    left.delete(keyOf(trade));
    if (other === undefined) differences.push(alone(trade, 'a'));
    else if (differingColumns(trade, other).length > 0) differences.push(both(trade, other));
  }
  const onlyB = [...left.values()];
  const equal = a.length - differences.length;
  differences.push(...onlyB.map((trade) => alone(trade, 'b')));
  differences.sort(byTime);
  return { a: a.length, b: b.length, equal, differences };
}

/** No symbol is entered twice at one moment. */
function keyOf(trade: TradeRow): string {
  return `${trade['symbol'] ?? ''} ${trade['opened_at'] ?? ''}`;
}

function alone(trade: TradeRow, where: 'a' | 'b'): TradeDifference {
  const { symbol = '', opened_at = '' } = trade;
  return { symbol, opened_at, in: where, columns: [] };
}

function both(a: TradeRow, b: TradeRow): TradeDifference {
  const { symbol = '', opened_at = '' } = a;
  return { symbol, opened_at, in: 'both', columns: differingColumns(a, b) };
}

function differingColumns(a: TradeRow, b: TradeRow): InputPair[] {
  return Object.keys(a)
    .map((name) => ({ name, a: a[name] ?? '', b: b[name] ?? '' }))
    .filter((pair) => pair.a !== pair.b);
}

function byTime(one: TradeDifference, other: TradeDifference): number {
  if (one.opened_at !== other.opened_at) return one.opened_at < other.opened_at ? -1 : 1;
  return one.symbol < other.symbol ? -1 : 1;
}
