import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { StatusAnswer } from '../../src/api/contract/status.js';
import { Money } from '../../src/domain/money.js';
import { LogTail } from '../../src/lib/log-tail.js';
import { EventHub } from '../../src/monitoring/event-hub.js';
import { buildApi, fillStores, type ApiRig, type RigOptions } from '../api/api-rig.js';
import { fixedClock, openTestDatabase, type TestDatabase } from '../database.js';
import { aPosition, START_MS } from '../storage/rows.js';
import { openBrowser, type Browser } from './browser.js';
import { seriousFindings, skipReason, watchPage } from './dashboard-rig.js';

const DEMO = { id: 'demo', venue: 'demo', demo: true, skew_ms: 0, ready: true };
const HALT = {
  ...{ reason: 'the venue announced maintenance', author: 'me', cause: 'person' as const },
  ...{ since: new Date(START_MS).toISOString(), until: null, close_all: false },
};

/** What a person would believe who only reads the page: the real API and page over what is in doubt. */
describe.skipIf(skipReason !== undefined)(
  `what the dashboard says (${skipReason ?? 'chromium'})`,
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
    });
    beforeEach(async () => {
      page = await browser.context.newPage();
      complaints = watchPage(page);
    });
    afterEach(async () => {
      await page.close();
      await rig.server.close();
      expect(complaints).toEqual([]);
    });
    afterAll(async () => {
      await browser.close();
      await opened.database.close();
    });

    async function serve(options: Omit<RigOptions, 'stores'> = {}): Promise<void> {
      rig = await buildApi({ stores: opened.stores, ...options });
      address = await rig.server.listen({ host: '127.0.0.1', port: 0 });
    }

    /** Opens the overview of a daemon that trades live. */
    async function openLive(
      trading: Partial<StatusAnswer['trading']>,
      exchange?: StatusAnswer['exchange'],
    ): Promise<void> {
      await serve();
      const answer = await rig.server.inject({
        url: '/api/status',
        headers: { host: '127.0.0.1' },
      });
      const status = answer.json<StatusAnswer>();
      rig.statusChanges = {
        exchange: exchange ?? status.exchange,
        trading: Object.assign(status.trading, { mode: 'live' }, trading),
      };
      await page.goto(address);
    }

    const banner = () => page.getByRole('region', { name: 'How it trades' });
    const badges = () => page.getByRole('group', { name: 'How it trades' });
    const frame = () =>
      page.evaluate<string>(
        `(({ borderTopStyle, borderTopColor }) => borderTopStyle + ' ' + borderTopColor)(
          getComputedStyle(document.querySelector('.app'), '::after'))`,
      );

    test('a line of training that cannot be read again says that it is old, until it can', async () => {
      await serve();
      await page.goto(address);
      const line = page.getByText(/; nothing waits; /);
      await line.waitFor();
      const again = () => page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
      const error = { code: 'unavailable', field: null, message: 'the database is away' };
      await page.route('**/api/training/status', (route) =>
        route.fulfill({ status: 503, json: { error } }),
      );
      await again();
      const note = page.getByRole('alert').getByText('what is shown is old: the database is away');
      await note.waitFor();
      expect(await line.count()).toBe(1);
      await page.unroute('**/api/training/status');
      await again();
      await note.waitFor({ state: 'detached' });
    });

    test('live trading is framed in red and says that its money is real', async () => {
      await openLive({});
      await banner().getByText('Live trading', { exact: true }).waitFor();
      await banner().getByText('Orders go to binance with real money, in USDT.').waitFor();
      expect(await badges().getByText('LIVE').getAttribute('title')).toBe('Real money');
      expect(await frame()).toBe('solid rgb(229, 52, 47)');
      expect(await seriousFindings(page)).toEqual([]);
    });

    test('a halt of live trading does not hide that it is live', async () => {
      await openLive({ halt: HALT });
      await banner().getByText('Live trading, halted: nothing is bought').waitFor();
      await banner()
        .getByText(/^the venue announced maintenance, says me\. .+ with real money, in USDT\.$/)
        .waitFor();
      await badges().getByText('HALTED').waitFor();
      expect(await frame()).toMatch(/^solid/);
    });

    test('a rehearsal of live trading on the demo says that no money is real', async () => {
      await openLive({}, DEMO);
      await banner().getByText('Live trading on the demo', { exact: true }).waitFor();
      await banner()
        .getByText(/orders go to the demo exchange on this machine, with no real money\.$/)
        .waitFor();
      await badges().getByText('DEMO').waitFor();
      expect(await badges().getByText('LIVE').getAttribute('title')).toBe(
        'A rehearsal: orders go to the demo, no real money',
      );
      expect(await frame()).toMatch(/^solid/);
      expect(await seriousFindings(page)).toEqual([]);
    });

    test('lines of the log come also without a stream, and the page says that they are polled', async () => {
      const logTail = new LogTail();
      const write = (message: string) =>
        logTail.add({ time: new Date(START_MS).toISOString(), level: 'info', message, fields: {} });
      write('the first line');
      await serve({ logTail });
      let isRefused = true;
      await page.route('**/api/logs/stream?*', (route) =>
        isRefused ? route.fulfill({ status: 503, body: '{}' }) : route.continue(),
      );
      await page.goto(`${address}/logs`);
      await page.getByText('the first line').waitFor();
      const note = page.getByText(/There is no stream of lines now/);
      await note.waitFor();
      write('a line that no stream told');
      await page.getByText('a line that no stream told').waitFor();
      isRefused = false;
      await note.waitFor({ state: 'detached' });
      expect(await page.getByRole('main').getByRole('listitem').count()).toBe(2);
    });

    test('a line of the log that is read after a newer one was told is shown at its place', async () => {
      const logTail = new LogTail();
      const logStream = new EventHub({ clock: fixedClock(), runUid: 'run' });
      const write = (message: string) =>
        logTail.add({ time: new Date(START_MS).toISOString(), level: 'info', message, fields: {} });
      write('the first line');
      await serve({ logTail, logStream });
      let goOn: () => void = () => undefined;
      const isLate = new Promise<void>((resolve) => (goOn = resolve));
      let asked = 0;
      await page.route(/\/api\/logs\?/, async (route) => {
        // What the page asks once its stream has begun.
        if (++asked === 2) await isLate;
        await route.continue();
      });
      await page.goto(`${address}/logs`);
      await page.getByText('the first line').waitFor();
      await expect.poll(() => asked).toBe(2);
      write('before the stream began');
      logTail.follow((line) => logStream.publish('log', line));
      write('told by the stream');
      await page.getByText('told by the stream').waitFor();
      goOn();
      await page.getByText('before the stream began').waitFor();
      const lines = await page.getByRole('main').getByRole('listitem').allInnerTexts();
      const wanted = ['told by the stream', 'before the stream began', 'the first line'];
      expect(lines.map((line) => wanted.find((one) => line.includes(one)))).toEqual(wanted);
    });

    test('a queue that cannot be read is not called empty', async () => {
      await serve();
      await page.route('**/api/training/jobs?*', (route) =>
        route.fulfill({ status: 503, body: '{}' }),
      );
      await page.goto(`${address}/models`);
      const card = page.getByRole('region', { name: 'Training', exact: true });
      await card.getByRole('alert').getByText('This could not be read.').waitFor();
      expect(await card.getByText('Nothing waits.').count()).toBe(0);
    });

    test('what cannot be read again is said to be old', async () => {
      await serve();
      await page.goto(address);
      const reasons = page.getByRole('region', { name: 'Why did it (not) trade?' });
      await reasons.getByRole('listitem').first().waitFor();
      await page.route('**/api/decisions/reasons*', (route) =>
        route.fulfill({ status: 503, body: '{}' }),
      );
      rig.statusChanges = { run_uid: 'another' };
      await reasons.getByText(/This could not be read again, so what is shown is old: /).waitFor();
      expect(await reasons.getByRole('listitem').count()).toBeGreaterThan(0);
      await page.unroute('**/api/decisions/reasons*');
      await reasons.getByRole('alert').waitFor({ state: 'detached' });
    });

    test('size and result of a position that was sold in part are those of what is left', async () => {
      const sizes = { sizeBase: new Money(1), soldBase: new Money('0.75') };
      await opened.stores.positions.insert(
        aPosition({ ...sizes, status: 'open', entryPrice: new Money(2000) }),
      );
      const quote = { bid: '2100', ask: '2101', last: '2100', venueTime: START_MS };
      await serve({ findQuote: (market) => ({ ...market, ...quote }) });
      await page.goto(address);
      const row = page.getByRole('row').filter({ hasText: '(+5.00 %)' });
      await row.getByText('+25.00 (+5.00 %)').waitFor();
      await row.getByText('0.25', { exact: true }).waitFor();
      await page.goto(`${address}/market?symbol=BTC%2FUSDT`);
      await page.getByText('Holds 0.25').waitFor();
    });

    test('the stop of a position is the higher one of the fixed and the trailing stop', async () => {
      const stops = { stopPrice: new Money(1950), trailingPrice: new Money(1850), trailingAt: 1 };
      const entry = { status: 'open', entryPrice: new Money(2000) } as const;
      await opened.stores.positions.insert(aPosition({ ...entry, ...stops }));
      await serve();
      await page.goto(`${address}/market?symbol=BTC%2FUSDT`);
      await page.getByText(/; stop 1,?950/).waitFor();
    });
  },
);
