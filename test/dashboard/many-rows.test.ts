import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApi, fillStores, type ApiRig } from '../api/api-rig.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import {
  aCandle,
  aDecision,
  aModelRecord,
  HOUR_MS,
  KEY,
  SERIES_KEY,
  START_MS,
} from '../storage/rows.js';
import { openBrowser, type Browser } from './browser.js';
import { openPage, overflow, seriousFindings, skipReason, watchPage } from './dashboard-rig.js';

const MODELS = 500;
const CANDLES = 50_000;
const LONGEST_FRAME_MS = 100;
const INJECTED = '<img src=x onerror="document.title=\'taken over\'">';
/** Names as venues and files of items have them. */
const ODD = ['1000SATS/USDT', '★ Karambit | Doppler™ "Ruby"', "M4A1-S | Player's Two"];

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
      const { stores } = opened;
      await fillStores(stores);
      for (let index = 0; index < MODELS; index++) {
        const symbol = ODD[index] ?? `COIN${index}/USDT`;
        const isFailed = index % 7 === 3;
        await stores.models.insert(
          aModelRecord({
            ...{ symbol, trainedAt: START_MS - index * HOUR_MS },
            ...(isFailed
              ? { status: 'failed' as const, errorMessage: `${INJECTED} `.repeat(9) }
              : {}),
          }),
        );
      }
      await stores.decisions.insert(
        aDecision({ candleOpenTime: START_MS + 49 * HOUR_MS, reason: INJECTED }),
      );
      const { id } = await stores.series.ensure(SERIES_KEY);
      const candles = Array.from({ length: CANDLES }, (_, bar) => ({
        ...aCandle(0),
        openTime: START_MS - (bar + 1) * HOUR_MS,
      }));
      await stores.candles.upsert(id, candles, 'rest');
      rig = await buildApi({ stores });
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

    /** The longest time between two frames while something is done to the page. */
    async function longestFrameMs(script: string): Promise<number> {
      return page.evaluate<number>(`(async () => {
        let [longest, last, isOver] = [0, performance.now(), false];
        const look = (now) => {
          longest = Math.max(longest, now - last);
          last = now;
          if (!isOver) requestAnimationFrame(look);
        };
        requestAnimationFrame((now) => { last = now; look(now); });
        const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
        ${script}
        isOver = true;
        return longest;
      })()`);
    }

    test('500 cards scroll smoothly, and few of them are in the document', async () => {
      await openPage(page, address, '/models');
      await page.getByText(`${MODELS} cards of ${MODELS}`).waitFor();
      const longest = await longestFrameMs(`
        for (let step = 0; step < 60; step++) {
          scrollBy(0, 400);
          await frame();
        }`);
      expect(longest).toBeLessThan(LONGEST_FRAME_MS);
      expect(await page.getByRole('article').count()).toBeLessThan(60);
      expect(await overflow(page)).toBe(0);
    });

    test('cards are searched, with odd names shown as they are, and what is HTML does nothing', async () => {
      await openPage(page, address, '/models');
      for (const name of ODD) {
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

    test('50,000 candles are read as one pans to them, without a long frame', async () => {
      await openPage(page, address, `/market?symbol=${encodeURIComponent(KEY.symbol)}`);
      const chart = page.getByRole('img', { name: /^BTC\/USDT/ });
      const box = await chart.boundingBox();
      if (box === null) throw new Error('The chart has no place');
      await page.mouse.move(box.x + 200, box.y + 100);
      const panning = longestFrameMs('for (let step = 0; step < 240; step++) await frame();');
      for (let pan = 0; pan < 12; pan++) {
        await page.mouse.down();
        await page.mouse.move(box.x + 900, box.y + 100, { steps: 6 });
        await page.mouse.up();
        await page.mouse.move(box.x + 200, box.y + 100);
      }
      expect(await panning).toBeLessThan(LONGEST_FRAME_MS);
    }, 60_000);
  },
);
