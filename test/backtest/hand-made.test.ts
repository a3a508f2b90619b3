import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Candle } from '../../src/domain/candle.js';
import { writeRecording } from '../demo/recording-files.js';

/**
 * Small markets through the real command, each compared with numbers that are worked out by hand. Until bar 49 every
 * market is the same: at its close the rules buy for the first time, for a tenth of 10,000 at an ask of 100.01
 * (100 and half of 0.02 %). Volumes have one decimal, so a size has one too: 9.9. The fee is 0.1 % of each fill.
 */

const ENTRY = fileURLToPath(new URL('../../dist/scripts/backtest.js', import.meta.url));
const HOUR_MS = 3_600_000;
const START = Date.UTC(2024, 0, 1);
/** Volume of a bar that no order is too large for. */
const ENOUGH = 1000.5;

/** One trade at most; no target and no holding time unless a case sets them. */
const SETTINGS = ['MIN_FALLBACK_CONFIDENCE=0', 'COOLDOWN_BARS=500', 'MAX_HOLD_BARS=0'];

let folder: string;
let candles: string;

beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-hand-'))));
beforeEach(() => (candles = mkdtempSync(path.join(folder, 'candles-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Bar = Partial<Pick<Candle, 'open' | 'high' | 'low' | 'close' | 'volume'>>;

const flat = (bars: number): Bar[] => Array.from({ length: bars }, () => ({}));

/** Bars that stand at 100 but for what is given, from a bar of the grid on. */
function toCandles(bars: readonly Bar[], from: number): Candle[] {
  return bars.map(({ open = 100, close = 100, volume = ENOUGH, ...more }, at) => {
    const { high = Math.max(open, close), low = Math.min(open, close) } = more;
    return { openTime: START + (from + at) * HOUR_MS, open, high, low, close, volume };
  });
}

/** Fifty bars after which the mean of 14 closes, 100.5, is above that of 50, 99.42, and as many rose as fell. */
const PRELUDE: readonly Bar[] = Array.from({ length: 50 }, (_, at) => {
  const close = at < 36 ? 99 : 101 - (at % 2);
  return { open: close, close };
});

/** A market whose bar 50, the first after the decision, is the first that is given. */
function write(symbol: string, after: readonly Bar[], from = 0): void {
  const name = `${symbol.replace('/', '_')}-1h.csv`;
  writeRecording(candles, name, toCandles([...PRELUDE, ...after], from));
}

interface Run {
  readonly trades: readonly Readonly<Record<string, string>>[];
  readonly figures: Readonly<Record<string, unknown>>;
}

function run(...set: readonly string[]): Run {
  const flags = ['--signals', 'fallback', '--data', candles, '--json'];
  const child = spawnSync(process.execPath, [ENTRY, ...flags, '--set', ...SETTINGS, ...set], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', DATA_DIR: path.join(folder, 'data') },
    encoding: 'utf8',
  });
  expect([child.status, child.stderr]).toEqual([0, '']);
  const answer = JSON.parse(child.stdout) as { folder: string; figures: Run['figures'] };
  const [head = '', ...rows] = readFileSync(path.join(answer.folder, 'trades.csv'), 'utf8')
    .trimEnd()
    .split('\n');
  const names = head.split(',');
  const trades = rows.map((row) =>
    Object.fromEntries(row.split(',').map((cell, at) => [names[at] ?? '', cell])),
  );
  return { trades, figures: answer.figures };
}

/** Open time of a bar, as the file has it. */
const at = (bar: number): string => new Date(START + bar * HOUR_MS).toISOString();

/** The only trade of a run is this one. Numbers are compared to nine digits: they are doubles in the file. */
function expectTrade(
  { trades }: Run,
  expected: Readonly<Record<string, number | string>>,
  number = 0,
): void {
  const trade = trades[number] ?? {};
  for (const [name, value] of Object.entries(expected)) {
    if (typeof value === 'string') expect([name, trade[name]]).toEqual([name, value]);
    else expect(Number(trade[name]), name).toBeCloseTo(value, 9);
  }
}

const skipped = ({ figures }: Run): readonly string[] =>
  (figures['skipped_entries'] as { reason: string }[]).map(({ reason }) => reason);

describe('a market of a few bars gives the numbers that are worked out by hand', () => {
  it('where a bar opens below the stop, the sale gets its open and not the stop', () => {
    // The stop lies at 100.01 × 0.97 = 97.0097.
    write('BTC/USDT', [{}, { open: 95, close: 95 }, ...flat(9)]);
    const outcome = run();
    expect(outcome.trades.length).toBe(1);
    expectTrade(outcome, {
      symbol: 'BTC/USDT',
      opened_at: at(50),
      entry_price: 100.01,
      closed_at: at(51),
      exit_price: 94.9905, // 95 × 0.9999
      size_base: 9.9,
      fee_quote: 1.93050495, // 0.001 × 9.9 × (100.01 + 94.9905)
      pnl_quote: -51.62355495, // 9.9 × (94.9905 − 100.01) − 1.93050495
      pnl_pct: -5.213979102089791, // of 9.9 × 100.01 = 990.099
      exit_reason: 'stop',
      source: 'fallback',
    });
  });

  it('where stop and target lie in one bar, the stop counts, and the bar is counted', () => {
    write('BTC/USDT', [{}, { high: 103, low: 96 }, ...flat(9)]);
    const outcome = run('TAKE_PROFIT_PCT=2');
    expect(outcome.trades.length).toBe(1);
    expectTrade(outcome, {
      closed_at: at(51),
      exit_price: 97.0097,
      pnl_quote: -31.65346503, // 9.9 × (97.0097 − 100.01) − 0.001 × 9.9 × (100.01 + 97.0097)
      exit_reason: 'stop',
    });
    expect(outcome.figures['bars_with_stop_and_target']).toBe(1);
  });

  it('where only the target lies in a bar, it fills there', () => {
    write('BTC/USDT', [{}, { high: 103, low: 98 }, ...flat(9)]);
    const outcome = run('TAKE_PROFIT_PCT=2');
    // 100.01 × 1.02
    expectTrade(outcome, { closed_at: at(51), exit_price: 102.0102, exit_reason: 'target' });
    expect(outcome.figures['bars_with_stop_and_target']).toBe(0);
  });

  it('a thin bar sells a tenth of its volume, and its purchase is cut to whole steps', () => {
    // 3.05 is a tenth, 3 are bought. The stop sells a tenth of 10.5 inside bar 51, and 2 at the open of bar 52.
    write('BTC/USDT', [
      { volume: 30.5 },
      { low: 96, close: 96, volume: 10.5 },
      { open: 96, close: 96 },
      ...flat(9),
    ]);
    const outcome = run();
    expect(outcome.trades.length).toBe(1);
    expectTrade(outcome, {
      size_base: 3,
      closed_at: at(52),
      exit_price: 96.33016666666667, // (1 × 97.0097 + 2 × 96 × 0.9999) / 3
      exit_reason: 'stop',
    });
  });

  it('without a limit of the volume the same bar sells all of it', () => {
    write('BTC/USDT', [{ volume: 30.5 }, { low: 96, close: 96, volume: 10.5 }, ...flat(9)]);
    expectTrade(run('BACKTEST_VOLUME_SHARE=0'), {
      size_base: 9.9,
      closed_at: at(51),
      exit_price: 97.0097,
    });
  });

  it('a symbol that is listed late is bought after its own fifty bars', () => {
    write('BTC/USDT', [{}, { low: 96 }, ...flat(60)]);
    write('ETH/USDT', flat(30), 30);
    const outcome = run();
    expect(outcome.trades.map(({ symbol }) => symbol)).toEqual(['BTC/USDT', 'ETH/USDT']);
    // Of 10,000 − 31.65346503 a tenth buys 9.96 at 100.01.
    expectTrade(outcome, { opened_at: at(80), entry_price: 100.01, size_base: 9.9 }, 1);
  });

  it('what is held when its candles end is sold at their last close and marked', () => {
    write('BTC/USDT', [{}, {}, { close: 101 }]);
    write('ETH/USDT', flat(30), 30);
    const outcome = run();
    expectTrade(outcome, {
      symbol: 'BTC/USDT',
      closed_at: at(52),
      exit_price: 100.9899, // 101 × 0.9999
      fee_quote: 1.98989901, // 0.001 × 9.9 × (100.01 + 100.9899)
      pnl_quote: 7.71111099, // 9.9 × (100.9899 − 100.01) − 1.98989901
      exit_reason: 'end',
    });
    // Its money is not used again: the books have 10,000 − 990.099 − 0.990099 until the end.
    const { pnl_quote: other = '' } = outcome.trades[1] ?? {};
    expect(outcome.figures['end_equity']).toBeCloseTo(10_000 + 7.71111099 + Number(other), 9);
  });
});

describe('the rules of the venue (markets.json)', () => {
  const rules = (stated: object): void =>
    writeFileSync(path.join(candles, 'markets.json'), JSON.stringify({ 'BTC/USDT': stated }));

  it('a size is rounded down to its step', () => {
    write('BTC/USDT', flat(5));
    rules({ size_step: '0.75' });
    // 999.9 / 100.01 = 9.998, and 13 × 0.75 = 9.75.
    expectTrade(run(), { size_base: 9.75 });
  });

  it('a purchase is filled at the next tick above, a sale at the next below', () => {
    write('BTC/USDT', [{}, { low: 96 }, ...flat(9)]);
    rules({ price_tick: '0.25' });
    const outcome = run();
    // 100.01 up to 100.25; its stop 97.2425 down to 97.
    expectTrade(outcome, { entry_price: 100.25, exit_price: 97, exit_reason: 'stop' });
    expect(outcome.figures['markets']).toMatchObject([{ symbol: 'BTC/USDT', price_tick: '0.25' }]);
  });

  it('what is sold at the end is on a tick as well', () => {
    write('BTC/USDT', flat(3));
    rules({ price_tick: 0.25 });
    expectTrade(run(), { exit_price: 99.75, exit_reason: 'end' });
  });

  it.each([
    // 9.9 × 100.01 = 990.099
    ['an order of less than the smallest cost', { min_cost: '990.1' }, 0],
    ['an order of just the smallest cost', { min_cost: '990.099' }, 1],
    ['an order of less than the smallest size', { min_size: '10' }, 0],
    ['an order of just the smallest size', { min_size: '9.9' }, 1],
  ] as const)('%s: %j gives %i trades', (_, stated, count) => {
    write('BTC/USDT', flat(5));
    rules(stated);
    const outcome = run();
    expect(outcome.trades.length).toBe(count);
    const reasons = skipped(outcome).filter((reason) => reason.includes("venue's minimum order"));
    expect(reasons.length).toBe(1 - count);
  });

  it.each([
    // 500 / 100.01 = 4.9995…, and 6 × 0.75 = 4.5.
    ['largest cost', { max_cost: '500', size_step: '0.75' }, 4.5],
    ['largest size', { max_size: '7', size_step: '0.75' }, 6.75],
    ['largest size, which costs too much', { max_size: '7', max_cost: '300.03' }, 3],
  ])('an entry is cut to the %s of an order: %j', (_, stated, size) => {
    write('BTC/USDT', flat(5));
    rules(stated);
    expectTrade(run(), { size_base: size });
  });

  it('a purchase that a bar cuts below the smallest order is not made', () => {
    write('BTC/USDT', [{ volume: 30.5 }, ...flat(4)]);
    // 3 × 100.01
    rules({ min_cost: '301' });
    const outcome = run();
    // The next bar has enough.
    expectTrade(outcome, { opened_at: at(51), size_base: 9.9 });
    expect(skipped(outcome)).toContain(
      "order refused: the bar traded less than the venue's minimum order",
    );
    rules({ min_cost: '300' });
    expectTrade(run(), { opened_at: at(50), size_base: 3 });
  });
});
