import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildApi, fillStores, type ApiRig } from '../api/api-rig.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { aDecision, aFallbackSignal, HOUR_MS, START_MS } from '../storage/rows.js';
import { browserSkipReason, openBrowser, type Browser } from './browser.js';

const TOKEN = 'a-token-of-sixteen-or-more';
const INJECTED = '<img src=x onerror="document.title=\'taken over\'">';

describe.skipIf(browserSkipReason !== undefined)(
  `the page in a browser (${browserSkipReason ?? 'chromium'})`,
  () => {
    let browser: Browser;
    let opened: TestDatabase;
    let rig: ApiRig;
    let address: string;
    let page: Page;
    let complaints: string[];

    beforeAll(async () => {
      browser = await openBrowser();
      opened = await openTestDatabase();
      await fillStores(opened.stores);
      const signal = aFallbackSignal({ candleOpenTime: START_MS + 40 * HOUR_MS });
      await opened.stores.signals.insert(signal);
      const { uid: signalUid, candleOpenTime } = signal;
      await opened.stores.decisions.insert(
        aDecision({ signalUid, candleOpenTime, reason: INJECTED }),
      );
    });

    async function open(token?: string): Promise<void> {
      rig = await buildApi({ stores: opened.stores, ...(token === undefined ? {} : { token }) });
      address = await rig.server.listen({ host: '127.0.0.1', port: 0 });
      page = await browser.context.newPage();
      complaints = [];
      page.on('console', (line) => {
        if (line.type() === 'error' || line.type() === 'warning') complaints.push(line.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
    }

    afterEach(async () => {
      await page.close();
      await rig.server.close();
    });

    afterAll(async () => {
      await browser.close();
      await opened.database.close();
    });

    test('loads without a complaint and draws the candles', async () => {
      await open();
      await page.goto(address);
      await page.locator('#decisions td').first().waitFor();
      await expect
        .poll(() => page.evaluate<number>(PAINTED_SHARE), { timeout: 10_000 })
        .toBeGreaterThan(0);
      expect(complaints).toEqual([]);
      expect(await page.locator('#notice').isVisible()).toBe(false);
    });

    test('shows signal, model, books, health and why it did not trade', async () => {
      await open();
      rig.warnings.push('No model can be trained: there is no Python; npm run setup');
      await page.goto(address);
      await page.locator('#decisions td').first().waitFor();
      expect(await page.locator('#now').innerText()).toMatch(/SELL 57\.8 %[^]*fallback: untrained/);
      expect(await page.locator('#model').innerText()).toMatch(/no: fallback/);
      expect(await page.locator('#books').innerText()).toContain('10000.50 USDT');
      expect(await page.locator('#health').innerText()).toContain('last cycle 1 s ago');
      const decisions = await page.locator('#decisions').innerText();
      expect(decisions).toContain('confidence 38.2 below 40');
      expect(await page.locator('#warnings').innerText()).toContain('npm run setup');
    });

    test('a reason that is HTML is shown as text and does nothing', async () => {
      await open();
      await page.goto(address);
      await page.getByText(INJECTED).first().waitFor();
      expect(await page.locator('#decisions img, #now img').count()).toBe(0);
      expect(await page.title()).toBe('Evenkeel');
    });

    test('another market is shown when it is chosen, also one without a signal yet', async () => {
      await open();
      await page.goto(address);
      await page.locator('#now strong').waitFor();
      await page.locator('#symbol').selectOption('ETH/USDT');
      await page.locator('#now').getByText('none yet').waitFor();
      await page.locator('#symbol').selectOption('BTC/USDT');
      await page.locator('#now strong').waitFor();
    });

    test('a daemon that fails is shown with what fails', async () => {
      await open();
      const check = { name: 'loop', status: 'failing', message: 'no cycle for 90 s' } as const;
      const since = Date.UTC(2024, 0, 2, 3, 4);
      const finding = {
        id: 'loop_silent',
        check: 'loop',
        level: 'failing',
        message: 'no cycle for 90 s',
        fix: 'restart the daemon',
        since,
        isExpected: false,
      } as const;
      rig.health = { status: 'failing', checks: [check], findings: [finding] };
      await page.goto(address);
      await page.locator('#health .failing').waitFor();
      expect(await page.locator('#health').innerText()).toContain('no cycle for 90 s');
      expect(await page.locator('#health .fix').innerText()).toMatch(
        /^since .*: restart the daemon$/,
      );
    });

    test('shows that the daemon is gone, and recovers when it is back', async () => {
      await open();
      await page.goto(address);
      await page.locator('#now strong').waitFor();
      await page.route('**/api/**', (route) => route.abort());
      await page.locator('#notice:visible').waitFor();
      expect(await page.locator('#notice').innerText()).toMatch(/No answer from the daemon/);
      await page.unroute('**/api/**');
      await page.locator('#notice').waitFor({ state: 'hidden' });
    });

    test('a token is asked for once, and used', async () => {
      await open(TOKEN);
      let asked = 0;
      page.on('dialog', (dialog) => {
        asked += 1;
        void dialog.accept(TOKEN);
      });
      await page.goto(address);
      await page.locator('#now strong').waitFor();
      expect(asked).toBe(1);
      expect(page.url()).not.toContain(TOKEN);
    });

    test.each([1280, 500, 360])('nothing is cut off at a width of %i', async (width) => {
      await open();
      await page.setViewportSize({ width, height: 900 });
      await page.goto(address);
      await page.locator('#decisions td').first().waitFor();
      const overflow = await page.evaluate<number>(OVERFLOW);
      expect(overflow).toBe(0);
      const folder = process.env['EVENKEEL_SCREENSHOTS'];
      if (folder !== undefined) {
        await page.waitForTimeout(1000);
        await page.screenshot({ path: `${folder}/page-${width}.png`, fullPage: true });
      }
    });
  },
);

/** Runs in the page: share of the chart's pixels that carry one of the two colours of candles. */
const PAINTED_SHARE = `
  (() => {
    let [painted, all] = [0, 1];
    for (const canvas of document.querySelectorAll('canvas')) {
      if (canvas.width === 0 || canvas.height === 0) continue;
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      for (let at = 0; at < data.length; at += 4) {
        all += 1;
        const [red, green] = [data[at], data[at + 1]];
        if ((red === 0x26 && green === 0xa6) || (red === 0xef && green === 0x53)) painted += 1;
      }
    }
    return painted / all;
  })()`;

/** Runs in the page: by how many pixels it, or a part of it, is wider than its place. */
const OVERFLOW = `
  Math.max(...[document.documentElement, ...document.querySelectorAll('section')].map(
    (part) => part.scrollWidth - part.clientWidth,
  ))`;
