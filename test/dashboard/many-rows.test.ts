import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApi, type ApiRig } from '../api/api-rig.js';
import { HOUR_MS, START_MS } from '../storage/rows.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { openBrowser, type Browser } from './browser.js';
import { openPage, overflow, seriousFindings, skipReason, watchPage } from './dashboard-rig.js';
import {
  copyRow,
  copyUid,
  fillManyRows,
  INJECTED,
  LONG_MARKET,
  MODELS,
  ODD_NAMES,
  openedAt,
  Panning,
  watchCandles,
  watchThoughts,
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

    test('the chart is moved and zoomed by the keyboard, as its name says and its focus shows', async () => {
      const read = watchCandles(page);
      await openPage(page, address, LONG_MARKET);
      const hand = await Panning.on(page);
      const seen = async () => {
        await hand.pointAgain();
        return openedAt(page);
      };
      await page.getByLabel('Bot').focus();
      await page.keyboard.press('Tab');
      const chart = page.getByRole('application', {
        name: /^BTC\/USDT, 1h.*Arrow keys move it, plus and minus zoom, Home goes to the oldest/,
      });
      const focus = await page.evaluate<{ label: string; outline: string }>(
        '(({ activeElement: on }) => ({ label: on.ariaLabel, outline: getComputedStyle(on).outlineStyle }))(document)',
      );
      expect(focus).toEqual({ label: await chart.getAttribute('aria-label'), outline: 'solid' });
      expect(await seriousFindings(page)).toEqual([]);
      const newest = await seen();
      for (let press = 0; press < 3; press++) await page.keyboard.press('ArrowLeft');
      await expect.poll(seen).toBeLessThan(newest - 60 * HOUR_MS);
      for (let press = 0; press < 3; press++) await page.keyboard.press('ArrowRight');
      await expect.poll(seen).toBe(newest);
      for (let press = 0; press < 3; press++) await page.keyboard.press('-');
      await expect.poll(seen).toBeLessThan(newest - 60 * HOUR_MS);
      for (let press = 0; press < 3; press++) await page.keyboard.press('+');
      await expect.poll(seen).toBe(newest);
      await page.keyboard.press('Home');
      await expect.poll(seen).toBeLessThan(newest - 300 * HOUR_MS);
      await expect.poll(() => read.some(({ to }) => to !== null)).toBe(true);
      await page.keyboard.press('Home');
      await expect.poll(seen).toBeLessThan(newest - 1000 * HOUR_MS);
      await page.keyboard.press('End');
      await expect.poll(seen).toBe(newest);
    }, 60_000);

    test('an old fill is drawn at its candle, however many newer ones there are', async () => {
      await copyRow(
        opened.database,
        'fills',
        (copy) => fillAt(copy, START_MS + 45 * HOUR_MS + copy * 1000),
        1500,
      );
      // Ten candles after the first one of the second part that the chart reads.
      await copyRow(opened.database, 'fills', () => fillAt(9000, START_MS - 1440 * HOUR_MS), 1);
      const read = watchCandles(page);
      await openPage(page, address, LONG_MARKET);
      const marked = () => page.evaluate<number>(FILL_PIXELS);
      await expect.poll(marked).toBeGreaterThan(20);
      await page.getByRole('application').focus();
      await page.keyboard.press('Home');
      await expect.poll(() => read.length).toBe(2);
      await expect.poll(marked).toBe(0);
      await page.keyboard.press('Home');
      await expect.poll(marked).toBeGreaterThan(20);
    }, 60_000);

    test('candles on which several models answered do not hide the signals of those before', async () => {
      // One on each candle of the second part that the chart reads, and another one on its newest.
      const at = (copy: number) => ({
        candle_open_time: START_MS - (451 + (copy % 1000)) * HOUR_MS,
        uid: copyUid(copy),
      });
      const originOf = (copy: number) => ({ origin: copy < 1000 ? 'one' : 'other' });
      await copyRow(
        opened.database,
        'signals',
        (copy) => ({ ...at(copy), ...originOf(copy) }),
        1200,
      );
      const onSignal = (copy: number) => ({ ...at(copy), signal_uid: copyUid(copy) });
      await copyRow(opened.database, 'decisions', onSignal, 1200);
      const read = watchCandles(page);
      const seen = (['signals', 'decisions'] as const).map((of) => watchThoughts(page, of));
      await openPage(page, address, LONG_MARKET);
      await page.getByRole('application').focus();
      await page.keyboard.press('Home');
      await expect.poll(() => read.length).toBe(2);
      const missing = () =>
        seen.map((times) => read[1]?.times.filter((one) => !times.has(one)).length);
      await expect.poll(missing).toEqual([0, 0]);
    }, 60_000);
  },
);

function fillAt(copy: number, filledAt: number) {
  return { uid: copyUid(copy), sequence: copy + 1000, filled_at: filledAt };
}

/** Runs in the page: how many pixels of the charts have the colour of fills. */
const FILL_PIXELS = `
  (() => {
    const hex = getComputedStyle(document.documentElement).getPropertyValue('--focus').trim();
    const wanted = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    let found = 0;
    for (const canvas of document.querySelectorAll('canvas')) {
      if (canvas.width === 0 || canvas.height === 0) continue;
      // The browser warns of charts that are read again and again.
      const copy = new OffscreenCanvas(canvas.width, canvas.height);
      const context = copy.getContext('2d', { willReadFrequently: true });
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      for (let at = 0; at < data.length; at += 4) {
        if (data[at + 3] > 200 && wanted.every((one, part) => Math.abs(data[at + part] - one) < 4))
          found += 1;
      }
    }
    return found;
  })()`;
