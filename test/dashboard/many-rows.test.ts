import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApi, type ApiRig } from '../api/api-rig.js';
import { HOUR_MS } from '../storage/rows.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { openBrowser, type Browser } from './browser.js';
import { openPage, overflow, seriousFindings, skipReason, watchPage } from './dashboard-rig.js';
import {
  fillManyRows,
  INJECTED,
  LONG_MARKET,
  MODELS,
  ODD_NAMES,
  openedAt,
  Panning,
  watchCandles,
} from './many-rows.js';

/** How many parts of a series are read while a test pans. */
const PAGES = 4;
/** So many that the chart holds only some of their candles. */
const FAR_PAGES = 9;

/** How long a frame and the first page take is measured by `npm run bench -- dashboard`. */
describe.skipIf(skipReason !== undefined)(
  `the dashboard with many rows (${skipReason ?? 'chromium'})`,
  () => {
    let browser: Browser;
    let opened: TestDatabase;
    let rig: ApiRig;
    let address: string;
    let page: Page;
    let complaints: string[];

    beforeAll(async () => {
      opened = await openTestDatabase();
      await fillManyRows(opened.stores);
      rig = await buildApi({ stores: opened.stores });
      address = await rig.server.listen({ host: '127.0.0.1', port: 0 });
      browser = await openBrowser();
      page = await browser.context.newPage();
      complaints = watchPage(page);
    }, 120_000);

    afterAll(async () => {
      await browser.close();
      await rig.server.close();
      await opened.database.close();
      expect(complaints).toEqual([]);
    });

    test('of 500 cards those near the window are in the document, wherever one scrolls', async () => {
      await openPage(page, address, '/models');
      await page.getByText(`${MODELS} cards of ${MODELS}`).waitFor();
      const cards = page.getByRole('article');
      const seen = new Set([await cards.first().getAttribute('aria-label')]);
      expect(await cards.count()).toBeGreaterThan(5);
      for (const share of [0.25, 0.5, 1]) {
        await page.evaluate(`scrollTo(0, ${share} * document.documentElement.scrollHeight)`);
        const first = () => cards.first().getAttribute('aria-label');
        await expect.poll(async () => seen.has(await first())).toBe(false);
        seen.add(await first());
        expect(await cards.count()).toBeLessThan(60);
      }
      expect(await overflow(page)).toBe(0);
    });

    test('cards are searched, with odd names shown as they are, and what is HTML does nothing', async () => {
      await openPage(page, address, '/models');
      for (const name of ODD_NAMES) {
        await page.getByLabel('Search').fill(name);
        await page.getByRole('heading', { name, exact: true }).waitFor();
      }
      await page.getByLabel('Search').fill('');
      await page.getByLabel('Status').selectOption('Failed');
      await page.getByText(INJECTED).first().waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      expect(await page.locator('main img').count()).toBe(0);
      expect(await page.title()).toBe('Model Manager · Evenkeel');
    });

    test('of 50,000 candles each part is read once, as one pans to it', async () => {
      const read = watchCandles(page);
      const older = () => read.filter(({ to }) => to !== null);
      await openPage(page, address, LONG_MARKET);
      const hand = await Panning.on(page);
      expect(read.map(({ times }) => times.length)).toEqual([500]);
      await hand.narrow();
      for (let pan = 0; pan < 60 && older().length < PAGES; pan++) await hand.back();
      await expect.poll(() => older().length).toBeGreaterThanOrEqual(PAGES);
      expect(older().every(({ limit, times }) => limit === 1000 && times.length === 1000)).toBe(
        true,
      );
      const times = older().flatMap((one) => one.times);
      expect(new Set(times).size).toBe(times.length);
      expect(await overflow(page)).toBe(0);
    }, 60_000);

    test('panned far away and back the chart shows the same candle at the same place', async () => {
      const read = watchCandles(page);
      await openPage(page, address, LONG_MARKET);
      const hand = await Panning.on(page);
      await hand.narrow();
      for (let pan = 0; pan < 60 && read.length < FAR_PAGES; pan++) await hand.back();
      await hand.forth();
      const before = await openedAt(page);
      for (let pan = 0; pan < 7; pan++) await hand.forth();
      await expect.poll(() => openedAt(page)).toBeGreaterThan(before + 3000 * HOUR_MS);
      for (let pan = 0; pan < 7; pan++) await hand.back();
      await expect.poll(() => openedAt(page)).toBe(before);
    }, 60_000);
  },
);
