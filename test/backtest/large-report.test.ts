import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserSkipReason, openBrowser } from '../dashboard/browser.js';
import { randomHistory } from './backtest-runs.js';
import { writeHistory } from './history-files.js';
import { expectShownFigures } from './shown-figures.js';

const ENTRY = fileURLToPath(new URL('../../dist/scripts/backtest.js', import.meta.url));
const TRADES = 10_000;
/** A file that people send each other. */
const MAX_BYTES = 3 * 1_000_000;

/** Whatever is bought is sold a bar later, and nothing keeps it from being bought again. */
const SETTINGS = [
  ...['MIN_FALLBACK_CONFIDENCE=0', 'MAX_HOLD_BARS=1', 'POSITION_FRACTION=0.01', 'FEE_RATE=0.0001'],
  ...['MAX_OPEN_POSITIONS=0', 'MAX_EXPOSURE_PCT=0', 'DAILY_LOSS_PCT=0', 'MAX_DRAWDOWN_PCT=0'],
  ...['STOP_COOLDOWN_BARS=0', 'STOP_GUARD=off', 'LOSING_SYMBOL=off'],
];

let folder: string;
let answer: { readonly folder: string; readonly figures: Readonly<Record<string, number>> };

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-large-'));
  const candles = path.join(folder, 'candles');
  writeHistory(candles, randomHistory({ seed: 9, symbols: 20, bars: 3_000 }));
  const flags = ['--signals', 'fallback', '--json', '--data', candles, '--set', ...SETTINGS];
  const child = spawnSync(process.execPath, [ENTRY, ...flags], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', DATA_DIR: path.join(folder, 'data') },
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  answer = JSON.parse(child.stdout) as typeof answer;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface PageData {
  readonly trades: readonly (readonly number[])[];
  readonly symbols: readonly string[];
}

describe(`the report of more than ${TRADES} trades`, () => {
  it('shows the numbers of result.json and every trade of trades.csv', () => {
    expect(answer.figures['trades']).toBeGreaterThan(TRADES);
    expectShownFigures(answer.folder);
    const page = readFileSync(path.join(answer.folder, 'report.html'), 'utf8');
    const [, data = ''] = /id="data">(.*?)<\/script>/s.exec(page) ?? [];
    const { trades, symbols } = JSON.parse(data.replaceAll('<\\/', '</')) as PageData;
    const csv = readFileSync(path.join(answer.folder, 'trades.csv'), 'utf8').trimEnd();
    const rows = csv.split('\n').slice(1);
    expect(trades.length).toBe(answer.figures['trades']);
    expect(rows.length).toBe(trades.length);
    for (const [at, row] of rows.entries()) {
      const [symbol, openedAt = '', , closedAt = '', , , , pnl] = row.split(',');
      const [place = NaN, opened, , closed, , , shownPnl = NaN] = trades[at] ?? [];
      expect([symbols[place], opened, closed]).toEqual([
        ...[symbol, Date.parse(openedAt) / 1_000, Date.parse(closedAt) / 1_000],
      ]);
      expect(shownPnl).toBeCloseTo(Number(pnl), 7);
    }
    const sum = trades.reduce((total, [, , , , , , pnl = NaN]) => total + pnl, 0);
    expect(sum).toBeCloseTo(answer.figures['pnl_quote'] ?? NaN, 4);
  });

  it('has 3 MB at most', () => {
    const { length } = readFileSync(path.join(answer.folder, 'report.html'));
    expect(length).toBeLessThan(MAX_BYTES);
  });

  const title = `opens without an error, pages to its last trade and changes the symbol${
    browserSkipReason === undefined ? '' : ` (skipped: ${browserSkipReason})`
  }`;
  it.skipIf(browserSkipReason !== undefined)(title, async () => {
    const browser = await openBrowser();
    try {
      const page = await browser.context.newPage();
      const errors: string[] = [];
      page.on('pageerror', (error) => errors.push(error.message));
      await page.setViewportSize({ width: 1400, height: 900 });
      await page.goto(`file://${path.join(answer.folder, 'report.html')}`);
      const rows = page.locator('#trades tr');
      expect(await rows.count()).toBe(50);
      const pages = Math.ceil((answer.figures['trades'] ?? NaN) / 50);
      expect(await page.locator('#page').textContent()).toBe(`1 of ${pages}`);
      for (let at = 1; at < 5; at++) await page.locator('#later').click();
      expect(await page.locator('#page').textContent()).toBe(`5 of ${pages}`);
      const options = await page.locator('#symbol option').allTextContents();
      await page.locator('#symbol').selectOption(options.at(-1) ?? '');
      // Hundreds of marks hide the candles: they come with a closer look.
      const marks = page.locator('#marks');
      await expect.poll(() => marks.textContent()).toMatch(/^\d{3} trades in sight: zoom in/);
      await page.locator('#candles').hover();
      for (let at = 0; at < 15; at++) await page.mouse.wheel(0, -300);
      await expect.poll(() => marks.textContent()).toBe('');
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
