import type { Settings } from '../../config/settings.js';
import { BOT_NAMES, isGlobalBot } from '../domain/bots.js';
import type { Instrument } from '../domain/market.js';
import { isTimeframe, type Timeframe } from '../domain/timeframe.js';
import type { MarketData } from '../exchange/market-data.js';
import { barsADay } from '../features/items/item-sequence.js';
import { ConfigError, messageOf, RejectedError } from '../lib/errors.js';

/** What the daemon works on, with every name resolved at the venue. */
export interface Instruments {
  /** Trained and decided on. */
  readonly all: readonly Instrument[];
  /** Collected only as context for others: a reference that SYMBOLS does not name. */
  readonly contextOnly: readonly Instrument[];
  /** Trained first; its quote currency is the one that the books are kept in. */
  readonly primary: Instrument;
  /** Context for every other one's features. */
  readonly reference: Instrument;
  readonly timeframes: readonly Timeframe[];
  readonly tradeTimeframe: Timeframe;
  readonly tradeBot: string;
  /** Configured names that the venue does not have, with the reason. */
  readonly refused: readonly string[];
}

/** Best first: the primary symbol of `SYMBOLS=all` where PRIMARY_SYMBOL is not set. */
const USUAL_PRIMARIES = ['BTC/USDT', 'BTC/USDC', 'BTC/USD', 'BTC/EUR'];

/** Markets that a message names as examples. */
const SYMBOLS_SHOWN = 5;

/**
 * Resolves the configured names once the venue's markets are known. One that is wrong is left out and
 * named; the primary symbol and the reference must exist.
 * @throws ConfigError when nothing is left to work on
 */
export function chooseInstruments(settings: Settings, data: MarketData): Instruments {
  assertBots(settings.bots);
  const timeframes = settings.timeframes.map((name) => {
    if (!isTimeframe(name)) throw unknownTimeframe(name, data);
    data.assertTimeframe(name);
    return name;
  });
  assertDays(settings.bots, timeframes);
  const named = resolveNamed(settings, data);
  const primary = choosePrimary(settings, data, named);
  const all = listWanted(settings, data, { named, primary });
  const [referenceName, ...rest] = settings.referenceSymbols;
  if (rest.length > 0) {
    throw new ConfigError('REFERENCE_SYMBOLS takes one symbol so far; name the one that matters');
  }
  const reference =
    referenceName === undefined ? primary : resolve('REFERENCE_SYMBOLS', referenceName, data);
  const isContextOnly = !all.some(({ symbol }) => symbol === reference.symbol);
  const [firstTimeframe] = timeframes;
  const tradeTimeframe =
    timeframes.find((name) => name === settings.tradeTimeframe) ?? firstTimeframe;
  const tradeBot = settings.tradeBot ?? settings.bots[0];
  if (tradeTimeframe === undefined || tradeBot === undefined) {
    throw new ConfigError('TIMEFRAMES and BOTS must each name at least one');
  }
  return {
    all,
    primary,
    reference,
    timeframes,
    tradeTimeframe,
    tradeBot,
    contextOnly: isContextOnly ? [reference] : [],
    refused: named.refused,
  };
}

/**
 * What is worked on by now: a coin may have been listed or delisted since the last choice. The primary
 * symbol stays for as long as the daemon runs, because its currency is that of the books. A market that
 * was chosen before and is on hold stays as well.
 */
export function chooseAgain(
  settings: Settings,
  data: MarketData,
  current: Pick<Instruments, 'all' | 'primary'>,
): Pick<Instruments, 'all' | 'refused'> {
  const chosen = current.all.map(({ symbol }) => symbol);
  const named = resolveNamed(settings, data, [...chosen, ...settings.symbols]);
  const primary = findListed(current.primary, data) ?? current.primary;
  const wanted = listWanted(settings, data, { named, primary });
  const names = new Set(wanted.map(({ symbol }) => symbol));
  const onHold = settings.symbols.includes('all')
    ? current.all
        .filter(({ symbol }) => !names.has(symbol))
        .flatMap((instrument) => findListed(instrument, data) ?? [])
    : [];
  return { all: [...wanted, ...onHold], refused: named.refused };
}

function findListed({ symbol }: Instrument, data: MarketData): Instrument | undefined {
  try {
    const found = data.resolveSymbol(symbol, [symbol]);
    return found.symbol === symbol ? found : undefined;
  } catch (error) {
    if (error instanceof RejectedError) return undefined;
    throw error;
  }
}

/** In order of importance. */
function listWanted(
  settings: Settings,
  data: MarketData,
  { named, primary }: { readonly named: Named; readonly primary: Instrument },
): Instrument[] {
  const all = settings.symbols.includes('all') ? data.listSpot(primary.quote) : [...named.found];
  if (!all.some(({ symbol }) => symbol === primary.symbol)) all.unshift(primary);
  return all;
}

function assertBots(bots: readonly string[]): void {
  for (const bot of bots) {
    if (!BOT_NAMES.includes(bot)) {
      throw new ConfigError(`BOTS names "${bot}"; expected ${BOT_NAMES.join(', ')}`);
    }
  }
}

/** Days cannot be counted in every timeframe. */
function assertDays(bots: readonly string[], timeframes: readonly Timeframe[]): void {
  const global = bots.find(isGlobalBot);
  const wrong = timeframes.find((timeframe) => barsADay(timeframe) === undefined);
  if (global === undefined || wrong === undefined) return;
  throw new ConfigError(
    `BOTS names ${global}, which forecasts days: TIMEFRAMES=${wrong} does not go with it, 1h to 1d do`,
  );
}

function unknownTimeframe(name: string, data: MarketData): ConfigError {
  return new ConfigError(
    `TIMEFRAMES names "${name}"; ${data.venue} has ${data.timeframes.join(', ')}`,
  );
}

interface Named {
  readonly found: readonly Instrument[];
  readonly refused: readonly string[];
}

/** A market may be delisted while the daemon runs unattended: the others must not suffer from it. */
function resolveNamed(
  settings: Settings,
  data: MarketData,
  configured: readonly string[] = settings.symbols,
): Named {
  const found = new Map<string, Instrument>();
  const refused: string[] = [];
  for (const name of settings.symbols.filter((symbol) => symbol !== 'all')) {
    try {
      const instrument = data.resolveSymbol(name, configured);
      found.set(instrument.symbol, instrument);
    } catch (error) {
      if (!(error instanceof RejectedError) && !(error instanceof ConfigError)) throw error;
      refused.push(messageOf(error));
    }
  }
  return { found: [...found.values()], refused };
}

function choosePrimary(settings: Settings, data: MarketData, named: Named): Instrument {
  if (settings.primarySymbol !== undefined) {
    return resolve('PRIMARY_SYMBOL', settings.primarySymbol, data);
  }
  const [first] = named.found;
  if (first !== undefined) return first;
  const spot = data.listSpot();
  if (!settings.symbols.includes('all')) {
    const some = spot.slice(0, SYMBOLS_SHOWN).map(({ symbol }) => symbol);
    const has = `${data.venue} has ${spot.length} spot markets, such as ${some.join(', ')}`;
    throw new ConfigError(`SYMBOLS: ${named.refused.join('; ')}; ${has}`);
  }
  const usual =
    USUAL_PRIMARIES.map((name) => spot.find(({ symbol }) => symbol === name)).find(Boolean) ??
    spot[0];
  if (usual === undefined) throw new ConfigError(`${data.venue} lists no spot market`);
  return usual;
}

function resolve(variable: string, name: string, data: MarketData): Instrument {
  try {
    return data.resolveSymbol(name);
  } catch (error) {
    throw new ConfigError(`${variable}: ${messageOf(error)}`, { cause: error });
  }
}
