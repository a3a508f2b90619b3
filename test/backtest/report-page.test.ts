import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserSkipReason, openBrowser } from '../dashboard/browser.js';
import { randomHistory } from './backtest-runs.js';
import { writeHistory } from './history-files.js';
import { expectShownFigures } from './shown-figures.js';

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
  writeHistory(candles, randomHistory({ seed: 5, symbols: 3, bars: 500 }));
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

describe('the report', () => {
  it('shows the numbers of result.json', () => expectShownFigures(answer.folder));

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
