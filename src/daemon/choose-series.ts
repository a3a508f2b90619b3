import type { Settings } from '../../config/settings.js';
import { isTimeframe, type Timeframe } from '../domain/timeframe.js';
import type { MarketData } from '../exchange/market-data.js';
import { ConfigError, messageOf, RejectedError } from '../lib/errors.js';

type Market = Pick<MarketData, 'assertTimeframe' | 'resolveSymbol' | 'listSpot'>;

/** What to collect, with every name resolved at the venue. */
export interface ChosenSeries {
  readonly symbols: readonly string[];
  readonly timeframes: readonly Timeframe[];
  /** Names that the venue does not have, each with the reason. */
  readonly refused: readonly string[];
}

/**
 * Unlike a daemon, which also trades, collection needs no primary symbol and no reference.
 * @throws ConfigError when nothing is left to collect
 */
export function chooseSeries(
  settings: Pick<Settings, 'symbols' | 'timeframes' | 'primarySymbol'>,
  data: Market,
): ChosenSeries {
  const refused: string[] = [];
  const timeframes: Timeframe[] = [];
  for (const name of settings.timeframes) {
    const reason = findRefusal(() => {
      if (!isTimeframe(name)) throw new ConfigError(`${name} is no timeframe`);
      data.assertTimeframe(name);
      timeframes.push(name);
    });
    if (reason !== undefined) refused.push(reason);
  }
  const symbols = new Set<string>();
  for (const name of settings.symbols) {
    const reason = findRefusal(() => {
      for (const symbol of resolve(name, settings, data)) symbols.add(symbol);
    });
    if (reason !== undefined) refused.push(reason);
  }
  if (symbols.size === 0 || timeframes.length === 0) {
    throw new ConfigError(`Nothing to collect: ${refused.join('; ')}`);
  }
  return { symbols: [...symbols], timeframes, refused };
}

function resolve(
  name: string,
  settings: Pick<Settings, 'symbols' | 'primarySymbol'>,
  data: Market,
): string[] {
  if (name !== 'all') return [data.resolveSymbol(name, settings.symbols).symbol];
  const { primarySymbol } = settings;
  const quote = primarySymbol === undefined ? 'USDT' : data.resolveSymbol(primarySymbol).quote;
  const spot = data.listSpot(quote);
  return (spot.length === 0 ? data.listSpot() : spot).map(({ symbol }) => symbol);
}

function findRefusal(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!(error instanceof RejectedError) && !(error instanceof ConfigError)) throw error;
    return messageOf(error);
  }
}
