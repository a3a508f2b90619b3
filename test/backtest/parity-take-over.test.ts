import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRunSettings } from '../../config/change-settings.js';
import { readSettings } from '../../config/read-settings.js';
import { checkParity, type ParityAnswer } from '../../src/daemon/backtests/parity-request.js';
import { toTradingRules } from '../../src/daemon/to-trading-rules.js';
import type { Candle } from '../../src/domain/candle.js';
import type { Series } from '../../src/domain/market.js';
import type { Direction } from '../../src/domain/signal.js';
import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { openStores, type Stores } from '../../src/storage/stores.js';
import type { TradingService } from '../../src/trading/service/trading-service.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { buildFallback, CLOSE, HOUR } from '../trading/build-trading.js';
import { TradingWorld } from '../trading/trading-world.js';

const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'] as const;
const HOURS = 160;
const QUOTES_AN_HOUR = 10;
/** Candles of before, for the volatility. */
const EARLIER = 30;

/** Stored with the run: those of the comparison are others. */
const THEN = {
  ALLOW_FALLBACK_EXECUTION: 'true',
  MIN_FALLBACK_CONFIDENCE: '0',
  LABEL_HORIZON_BARS: '7',
  STOP_LOSS_PCT: '2',
  TAKE_PROFIT_PCT: '4',
  TRAILING_STOP_PCT: '1.5',
  TRAILING_START_PCT: '0.5',
  POSITION_SIZING: 'volatility',
  DAILY_LOSS_PCT: '2',
};

let database: TestDatabase;
let world: TradingWorld;
let stores: Stores;

/** The same numbers in each run. */
function numbers(): () => number {
  let state = 7;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** A market that goes up and down, and signals that know nothing of it. */
class Recording {
  readonly #next = numbers();
  readonly #prices = new Map<string, number>(SYMBOLS.map((symbol) => [symbol, 100]));
  readonly #series = new Map<string, Series>();
  readonly #service: TradingService;

  constructor(service: TradingService) {
    this.#service = service;
  }

  async begin(): Promise<void> {
    for (const symbol of SYMBOLS) {
      const key = { venue: world.rules.venue, symbol, timeframe: '1h', marketId: symbol } as const;
      const series = await stores.series.ensure(key);
      this.#series.set(symbol, series);
      for (let bars = EARLIER; bars > 0; bars--) {
        const close = 100 + this.#next();
        const openTime = CLOSE - bars * HOUR;
        const candle = { openTime, open: 100, high: 101, low: 100, close, volume: 1 };
        await stores.candles.upsert(series.id, [candle], 'rest');
      }
    }
  }

  async hour(openTime: number): Promise<void> {
    const seen = new Map<string, number[]>(SYMBOLS.map((symbol) => [symbol, []]));
    for (let at = 0; at < QUOTES_AN_HOUR; at++) {
      await this.#moveTo(openTime + 180_000 + (at * HOUR) / QUOTES_AN_HOUR);
      const quotes = [];
      for (const symbol of SYMBOLS) {
        const price = (this.#prices.get(symbol) ?? 100) * (1 + 0.008 * (this.#next() - 0.5));
        this.#prices.set(symbol, price);
        seen.get(symbol)?.push(price);
        quotes.push(await world.quote(price.toFixed(4), symbol));
      }
      await this.#service.onQuotes(quotes);
    }
    await this.#moveTo(openTime + HOUR + 36_000);
    for (const symbol of SYMBOLS) await this.#close(symbol, openTime, seen.get(symbol) ?? []);
  }

  async #close(symbol: string, openTime: number, prices: readonly number[]): Promise<void> {
    const [open = 0, close = 0] = [prices[0], prices.at(-1)];
    const [high, low] = [Math.max(...prices) * 1.001, Math.min(...prices) * 0.999];
    const candle: Candle = { openTime, open, high, low, close, volume: 1 };
    const series = this.#series.get(symbol);
    if (series === undefined) throw new Error(`No series of ${symbol}`);
    await stores.candles.upsert(series.id, [candle], 'rest');
    await this.#service.onClosedCandles(series, [candle]);
    const prediction = (['BUY', 'BUY', 'HOLD', 'SELL', 'HOLD'] as const)[
      Math.floor(this.#next() * 5)
    ] as Direction;
    const signal = buildFallback({
      ...{ venue: world.rules.venue, symbol, candleOpenTime: openTime, close, prediction },
      signaledAt: world.clock.marketMs(),
    });
    await stores.signals.insert(signal);
    await this.#service.onSignal(signal, { horizonBars: 7 });
  }

  async #moveTo(marketMs: number): Promise<void> {
    await world.forward(marketMs - world.clock.marketMs());
  }
}

function parity(set: Readonly<Record<string, string>> = {}): Promise<ParityAnswer> {
  const { settings } = readSettings({ DEMO_SPEED: '3600' });
  const request = { venue: undefined, fromMs: undefined, toMs: undefined, set };
  return checkParity(stores, request, { settings, logger: SILENT_LOGGER });
}

beforeEach(async () => {
  const { settings } = readSettings({ ...THEN, DEMO_SPEED: '3600' });
  database = await openTestDatabase();
  // Rows bear the time of the world, which is made of the stores.
  stores = openStores(database.database, {
    marketMs: () => world.clock.marketMs(),
    wallMs: () => world.clock.wallMs(),
    sleep: (ms, signal) => world.clock.sleep(ms, signal),
  });
  const place = { venue: 'demo', account: 'paper', currency: 'USDT', timeframe: '1h' } as const;
  const rules = toTradingRules(settings, { ...place, bot: 'catboost', marketSpeed: 3_600 });
  world = new TradingWorld(stores, rules);
  await stores.runs.begin({
    ...{ uid: 'run', version: '1', settingsHash: '', venue: 'demo', pid: 1, host: 'here' },
    settings: readRunSettings(settings),
    startedAt: world.clock.wallMs(),
  });
  const recording = new Recording(await world.start());
  await recording.begin();
  for (let hour = 0; hour < HOURS; hour++) await recording.hour(CLOSE + hour * HOUR);
  await world.stop();
});

afterEach(() => database.database.close());

test('where quotes are deleted, what was decided on them is not compared, and all that follows is repeated', async () => {
  const whole = await parity();
  expect(whole.unexplained).toEqual([]);
  expect(whole.decisions).toBe(HOURS * SYMBOLS.length);
  expect(whole.trades).toBeGreaterThan(20);
  expect(whole.not_compared).toEqual({ decisions: 0, until: null, reason: null });

  // Later and later, in the middle of an hour, so that positions are held, and between two quotes of it.
  for (let hours = 5; hours < HOURS - 20; hours += 25) {
    const before = CLOSE + hours * HOUR + 1_800_000;
    await stores.prices.prune(before, 'demo');
    const part = await parity();
    expect(part.unexplained).toEqual([]);
    expect(part.decisions + part.not_compared.decisions).toBe(whole.decisions);
    expect(part.not_compared.decisions).toBeGreaterThanOrEqual(hours * SYMBOLS.length);
    expect(part.not_compared.decisions).toBeLessThan((hours + 8) * SYMBOLS.length);
    expect(part.not_compared.reason).toContain('RETENTION_PRICES_DAYS');
    expect(Date.parse(part.not_compared.until ?? '')).toBeGreaterThanOrEqual(before);
  }

  const { changed, unexplained, not_compared: missing } = await parity({ STOP_LOSS_PCT: '0.5' });
  expect(unexplained).toEqual([]);
  expect(changed.length).toBeGreaterThan(0);
  const [first] = changed;
  expect(first?.recorded).not.toEqual(first?.replayed);
  const until = Date.parse(missing.until ?? '');
  expect(Date.parse(first?.candle_open_time ?? '')).toBeGreaterThanOrEqual(until - HOUR);

  await stores.prices.prune(Infinity, 'demo');
  await expect(parity()).rejects.toThrow(/RETENTION_PRICES_DAYS says how long quotes are kept/);
});
