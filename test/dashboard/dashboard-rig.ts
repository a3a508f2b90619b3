import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { browserSkipReason } from './browser.js';

/** Where pictures of the pages are kept; undefined for none. */
const SCREENSHOTS = process.env['EVENKEEL_SCREENSHOTS'];
const DASHBOARD = fileURLToPath(new URL('../../dashboard/', import.meta.url));
const AXE = `${DASHBOARD}node_modules/axe-core/axe.min.js`;

/** Why these suites are skipped on this machine; undefined where they run. */
export const skipReason =
  browserSkipReason ??
  (existsSync(`${DASHBOARD}dist/index.html`)
    ? undefined
    : 'the dashboard is not built; npm run setup');

/** The pages by the names that the navigation gives them. */
export const PAGES = {
  Overview: '/',
  Market: '/market',
  'Model Manager': '/models',
  Training: '/training',
  Trades: '/trades',
  Backtests: '/backtests',
  Data: '/data',
  Settings: '/settings',
  Logs: '/logs',
} as const;

/** Collects a page's faults: errors and warnings of the browser, breaches of the policy, calls answered 500. */
export function watchPage(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (line) => {
    if (!['error', 'warning'].includes(line.type())) return;
    // The browser itself reports calls that are refused or lost; the dashboard shows them.
    if (line.text().startsWith('Failed to load resource')) return;
    complaints.push(line.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('response', (response) => {
    if (response.status() === 500) complaints.push(`500 from ${response.url()}`);
  });
  return complaints;
}

interface AxeFindings {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** Serious and critical findings of axe. Its source is run in the page, because the policy blocks a script. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  await page.evaluate(readFileSync(AXE, 'utf8'));
  const { violations } = await page.evaluate<AxeFindings>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

/** By how many pixels the page, or a card of it, is wider than its place. */
export async function overflow(page: Page): Promise<number> {
  return page.evaluate<number>(`
    Math.max(...[document.documentElement, ...document.querySelectorAll('section, article')].map(
      (part) => part.scrollWidth - part.clientWidth,
    ))`);
}

/** Opens a page and waits until what it shows has been read. */
export async function openPage(page: Page, address: string, route: string): Promise<void> {
  await page.goto(address + route);
  await page.locator('h1').first().waitFor({ state: 'attached' });
  await page.getByLabel('How it trades').first().getByText('PAPER').waitFor();
  await expect.poll(() => page.getByText('Reading …').count(), { timeout: 15_000 }).toBe(0);
}

/** Looks at a page in both colours and both widths: accessible, and not cut off. Leaves it wide. */
export async function lookAt(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    expect(await seriousFindings(page)).toEqual([]);
    for (const width of [1400, 360]) {
      await page.setViewportSize({ width, height: 900 });
      await expect.poll(() => overflow(page)).toBeLessThanOrEqual(0);
      if (SCREENSHOTS === undefined) continue;
      const file = path.join(SCREENSHOTS, `${name}-${width}-${colorScheme}.png`);
      await page.screenshot({ path: file, fullPage: true });
    }
  }
  await page.setViewportSize({ width: 1400, height: 900 });
}

/** Runs in the page: share of the charts' pixels that are drawn on. */
export const PAINTED_SHARE = `
  (() => {
    let [painted, all] = [0, 1];
    for (const canvas of document.querySelectorAll('canvas')) {
      if (canvas.width === 0 || canvas.height === 0) continue;
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      for (let at = 3; at < data.length; at += 4) {
        all += 1;
        if (data[at] > 200) painted += 1;
      }
    }
    return painted / all;
  })()`;
