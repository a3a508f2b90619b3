import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EventHub, type EventName } from '../../src/monitoring/event-hub.js';
import { buildApi, fillStores, type ApiRig } from '../api/api-rig.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { fixedClock } from '../storage/fixed-clock.js';
import { KEY } from '../storage/rows.js';
import { openBrowser, type Browser } from './browser.js';
import { openPage, PAGES, skipReason } from './dashboard-rig.js';

/** A tenth of the time between two looks at the daemon's state. */
const STEP_MS = 500;
const STATE = ['/api/health', '/api/status'];
/** What no event tells of. */
const UNTOLD: Readonly<Record<string, readonly string[]>> = {
  '/backtests': ['/api/backtests'],
  '/data': ['/api/data/repairs'],
};
const MODEL = {
  model_uid: 'm',
  unified_symbol: KEY.symbol,
  timeframe: KEY.timeframe,
  bot: KEY.bot,
};

/** A daemon with three dashboards open answers others as quickly as one without. */
describe.skipIf(skipReason !== undefined)(
  `what pages ask of the daemon (${skipReason ?? 'chromium'})`,
  () => {
    let browser: Browser;
    let opened: TestDatabase;
    let hub: EventHub;
    let rig: ApiRig;
    let address: string;
    let page: Page;
    /** Paths that the page has asked for. */
    let asked: string[];

    beforeAll(async () => {
      browser = await openBrowser();
      opened = await openTestDatabase();
      await fillStores(opened.stores);
    });
    beforeEach(async () => {
      hub = new EventHub({ clock: fixedClock(), runUid: 'run' });
      rig = await buildApi({ stores: opened.stores, events: hub });
      address = await rig.server.listen({ host: '127.0.0.1', port: 0 });
      page = await browser.context.newPage();
      asked = [];
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    });
    afterEach(async () => {
      await page.close();
      await rig.server.close();
    });
    afterAll(async () => {
      await browser.close();
      await opened.database.close();
    });

    /** Opens a page whose time stands still, and lets it ask once more for what it read before its events came. */
    async function openStill(route: string): Promise<void> {
      await page.clock.install();
      const events = page.waitForResponse((one) => one.url().endsWith('/api/events'));
      await openPage(page, address, route);
      await events;
      await expect.poll(() => hub.clients, { timeout: 15_000 }).toBe(1);
      await page.clock.pauseAt(Date.now() + 60_000);
      await pollOnce();
      // By the look after it, what it led to has been asked for.
      await pollOnce();
      asked.length = 0;
    }

    /** The page sets the time of its next look once it has taken up the last answer, so time passes in steps. */
    async function pollOnce(): Promise<void> {
      const answers = STATE.map((path) => page.waitForResponse((one) => one.url().endsWith(path)));
      const countLooks = (): number => asked.filter((path) => path === STATE[0]).length;
      const before = countLooks();
      await expect
        .poll(
          async () => {
            await page.clock.runFor(STEP_MS);
            return countLooks();
          },
          { timeout: 20_000, interval: 10 },
        )
        .toBeGreaterThan(before);
      await Promise.all(answers);
    }

    async function hide(isHidden: boolean): Promise<void> {
      await page.evaluate(`
        Object.defineProperty(document, 'visibilityState', {
          configurable: true, get: () => '${isHidden ? 'hidden' : 'visible'}',
        });
        document.dispatchEvent(new Event('visibilitychange'));`);
    }

    test.each(Object.values(PAGES))(
      '%s asks for the state of the daemon and no more, while nothing happens',
      async (route) => {
        await openStill(route);
        for (let poll = 0; poll < 3; poll++) await pollOnce();
        expect([...new Set(asked)].sort()).toEqual([...STATE, ...(UNTOLD[route] ?? [])].sort());
      },
    );

    test.each<readonly [EventName, string, string]>([
      ['model.promoted', '/models', '/api/models/report'],
      ['job.started', '/', '/api/training/status'],
      ['signal', '/market', '/api/candles/BTC%2FUSDT'],
      ['fill', '/trades', '/api/trades'],
      ['session.progress', '/training', '/api/training/sessions'],
    ])('after the event %s the page %s asks for %s', async (event, route, path) => {
      await openStill(route);
      hub.publish(event, MODEL);
      // Less than it takes until everything is asked for.
      for (let step = 0; step < 12 && !asked.includes(path); step++) {
        await page.clock.runFor(STEP_MS);
      }
      await expect.poll(() => asked).toContain(path);
    });

    test('a page that nobody sees asks for nothing, and for everything when it is seen again', async () => {
      await openStill('/');
      await hide(true);
      await expect.poll(() => hub.clients).toBe(0);
      await page.clock.runFor(120_000);
      expect(asked).toEqual([]);
      await hide(false);
      await expect.poll(() => asked, { timeout: 15_000 }).toContain('/api/decisions/reasons');
      await expect.poll(() => hub.clients, { timeout: 15_000 }).toBe(1);
    });

    test('without events a page asks for what it shows with each look at the state', async () => {
      await page.route('**/api/events', (route) => route.abort());
      await page.clock.install();
      await openPage(page, address, '/');
      await page.clock.pauseAt(Date.now() + 60_000);
      await pollOnce();
      asked.length = 0;
      await pollOnce();
      await expect.poll(() => asked).toContain('/api/decisions/reasons');
    });
  },
);
