import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barAt } from '../../src/backtest/engine/bar-prices.js';
import type { Candle } from '../../src/domain/candle.js';
import { writeRecording } from '../demo/recording-files.js';
import { browserSkipReason, openBrowser } from '../dashboard/browser.js';
import { randomHistory } from './backtest-runs.js';

const ENTRY = fileURLToPath(new URL('../../dist/scripts/backtest.js', import.meta.url));

interface Answer {
  readonly folder: string;
  readonly figures: Readonly<Record<string, number>>;
}

let folder: string;
let answer: Answer;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-report-'));
  const candles = path.join(folder, 'candles');
  for (const { instrument, columns } of randomHistory({ seed: 5, symbols: 3, bars: 500 }).symbols) {
    const rows: Candle[] = [];
    for (let at = 0; at < columns.length; at++) {
      const bar = barAt(columns, columns.firstIndex + at);
      if (bar !== undefined) rows.push(bar);
    }
    writeRecording(candles, `${instrument.base}_${instrument.quote}-1h.csv`, rows);
  }
  const flags = ['--signals', 'fallback', '--json', '--data', candles];
  const child = spawnSync(
    process.execPath,
    [ENTRY, ...flags, '--set', 'MIN_FALLBACK_CONFIDENCE=0'],
    {
      cwd: folder,
      env: { PATH: process.env['PATH'] ?? '', DATA_DIR: path.join(folder, 'data') },
      encoding: 'utf8',
    },
  );
  answer = JSON.parse(child.stdout) as Answer;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;

describe('the report', () => {
  it('shows the numbers of result.json', () => {
    const page = readFileSync(path.join(answer.folder, 'report.html'), 'utf8');
    const stored = JSON.parse(
      readFileSync(path.join(answer.folder, 'result.json'), 'utf8'),
    ) as Answer;
    const cells = page.matchAll(/<div class="figure"><b>(.*?)<\/b><span>(.*?)<\/span>/g);
    const shown = new Map([...cells].map(([, value, name = '']) => [name.split(' (')[0], value]));
    const of = (name: string): number => stored.figures[name] ?? NaN;
    const signed = (name: string): string =>
      `${of(name) < 0 ? '−' : '+'}${percent(Math.abs(of(name)))}`;
    expect(shown.get('total return')).toBe(signed('total_return'));
    expect(shown.get('annual return')).toBe(signed('annual_return'));
    expect(shown.get('largest drawdown')).toBe(percent(of('max_drawdown')));
    expect(shown.get('win rate')).toBe(percent(of('win_rate')));
    expect(shown.get('trades')).toBe(String(of('trades')));
    for (const [name, figure] of [
      ['Sharpe', 'sharpe'],
      ['Sortino', 'sortino'],
      ['profit factor', 'profit_factor'],
      ['fees paid', 'fees_paid'],
    ] as const) {
      expect([name, shown.get(name)]).toEqual([name, of(figure).toFixed(2).replace('-', '−')]);
    }
  });

  const title = `opens on a desktop and a phone without errors and without scrolling sideways${
    browserSkipReason === undefined ? '' : ` (skipped: ${browserSkipReason})`
  }`;
  it.skipIf(browserSkipReason !== undefined)(title, async () => {
    const browser = await openBrowser();
    try {
      for (const [width, height] of [
        [1400, 900],
        [360, 740],
      ] as const) {
        const page = await browser.context.newPage();
        const errors: string[] = [];
        page.on('pageerror', (error) => errors.push(error.message));
        await page.setViewportSize({ width, height });
        await page.goto(`file://${path.join(answer.folder, 'report.html')}`);
        const rows = await page.locator('#trades tr').count();
        expect([errors, rows]).toEqual([[], Math.min(50, answer.figures['trades'] ?? 0)]);
        const wide = await page.evaluate('document.documentElement.scrollWidth');
        expect(wide).toBe(width);
        expect(await page.locator('#candles canvas').count()).toBeGreaterThan(0);
        await page.close();
      }
    } finally {
      await browser.close();
    }
  });
});
