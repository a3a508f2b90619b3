import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { StatusAnswer } from '../../src/api/contract/status.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { buildApi, fillStores, type ApiRig, type RigOptions } from '../api/api-rig.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { ManualWall } from '../demo/demo-fixture.js';
import {
  aCandle,
  aJob,
  aModelRecord,
  aSession,
  HOUR_MS,
  SERIES_KEY,
  START_MS,
} from '../storage/rows.js';
import { fixedClock } from '../storage/fixed-clock.js';
import { openBrowser, type Browser } from './browser.js';
import { copyRow, copyUid } from './many-rows.js';
import {
  openPage,
  overflow,
  PAGES,
  seriousFindings,
  skipReason,
  watchPage,
} from './dashboard-rig.js';

const TOKEN = 'a-token-of-sixteen-or-more';
const FILLS = 50_000;
const SCREENSHOTS = process.env['EVENKEEL_SCREENSHOTS'];
const HOURS_A_DAY = 24;
const DAYS = 12;

/** Daemons in states that a demo does not come into by itself: the real API and page over what they hold. */
describe.skipIf(skipReason !== undefined)(
  `the dashboard of odd daemons (${skipReason ?? 'chromium'})`,
  () => {
    let browser: Browser;
    let opened: TestDatabase;
    let rig: ApiRig;
    let address: string;
    let page: Page;
    let complaints: string[];

    beforeAll(async () => {
      browser = await openBrowser();
    });
    beforeEach(async () => {
      opened = await openTestDatabase();
      page = await browser.context.newPage();
      complaints = watchPage(page);
    });
    afterEach(async () => {
      await page.close();
      await rig.server.close();
      await opened.database.close();
      expect(complaints).toEqual([]);
    });
    afterAll(() => browser.close());

    async function serve(options: Omit<RigOptions, 'stores'> = {}): Promise<void> {
      rig = await buildApi({ stores: opened.stores, ...options });
      address = await rig.server.listen({ host: '127.0.0.1', port: 0 });
    }

    const region = (name: string) => page.getByRole('region', { name, exact: true });
    const button = (name: string) => page.getByRole('button', { name, exact: true });

    describe.each(Object.entries(PAGES))('%s', (_, route) => {
      test('of a daemon that has nothing yet says so, in every width, without a fault', async () => {
        await serve();
        await openPage(page, address, route);
        for (const width of [1400, 360]) {
          await page.setViewportSize({ width, height: 900 });
          await expect.poll(() => overflow(page)).toBeLessThanOrEqual(0);
        }
        expect(await seriousFindings(page)).toEqual([]);
        expect(await page.getByRole('alert').count()).toBe(0);
      });

      test('is used by the keyboard alone: what can be used is reached, and is seen to be', async () => {
        await fillStores(opened.stores);
        await serve();
        await openPage(page, address, route);
        const { reached, all, unseen } = await walkByKeyboard(page);
        expect(unseen).toEqual([]);
        expect(reached).toBe(all);
        expect(all).toBeGreaterThan(10);
      });
    });

    test.each<readonly [string, Partial<StatusAnswer>]>([
      ['The daemon is starting.', { state: 'starting' }],
      ['The daemon is waiting for the exchange.', { state: 'waiting for the exchange' }],
      ['The daemon is stopping.', { state: 'stopping' }],
      [
        'It works on the fallback database: db.example is away.',
        { database: { engine: 'sqlite', fallback: true, reason: 'db.example is away' } },
      ],
    ])('%s is said on every page', async (sentence, changes) => {
      await serve();
      rig.statusChanges = changes;
      for (const route of ['/', '/models', '/trades']) {
        await openPage(page, address, route);
        await page.getByRole('status').getByText(sentence).waitFor();
      }
    });

    test('a daemon that stands by says for whom, and refuses what it cannot do, in words', async () => {
      await serve({ isStandby: true });
      await page.goto(address);
      await page.getByLabel('How it trades').first().getByText('PAPER').waitFor();
      const { trading } = await rig.server
        .inject({ url: '/api/status', headers: { host: '127.0.0.1' } })
        .then((answer) => answer.json<StatusAnswer>());
      rig.statusChanges = {
        state: 'standing by',
        trading: { ...trading, standby: 'the daemon on other-host trades' },
      };
      await page.getByText('It stands by: the daemon on other-host trades.').waitFor();
      await openPage(page, address, '/data');
      await openPage(page, address, '/models');
      await button('Clear many …').click();
      expect(await seriousFindings(page)).toEqual([]);
    });

    test('a session that is over leads to the log-in, and from there back to the page', async () => {
      const clock = new ManualWall();
      await serve({ token: TOKEN, clock });
      await page.goto(`${address}/training`);
      await page.getByLabel('API token').fill(TOKEN);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Training', exact: true }).waitFor();
      clock.advance(13 * HOUR_MS);
      await page.getByLabel('API token').waitFor({ timeout: 15_000 });
      await page.getByLabel('API token').fill(TOKEN);
      await page.keyboard.press('Enter');
      await page.waitForURL(`${address}/training`);
    });

    test('two tabs are one session: who leaves in one has left in the other', async () => {
      await serve({ token: TOKEN });
      await page.goto(address);
      await page.getByLabel('API token').fill(TOKEN);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      const other = await browser.context.newPage();
      try {
        await openPage(other, address, '/trades');
        await button('Log out').click();
        await other.getByLabel('API token').waitFor({ timeout: 15_000 });
        expect(other.url()).toContain('/login');
      } finally {
        await other.close();
      }
    });

    test('50,000 fills are paged by the keyboard, and saved whole', async () => {
      await fillStores(opened.stores);
      const changesOf = (copy: number) => ({
        uid: copyUid(copy),
        sequence: copy + 1000,
        filled_at: START_MS + (copy + 1) * 60_000,
      });
      await copyRow(opened.database, 'fills', changesOf, FILLS - 1);
      await serve();
      await openPage(page, address, '/trades');
      const fills = region('Fills');
      await fills.getByText('1–10 of 50,000').waitFor();
      expect(await fills.getByRole('row').count()).toBe(11);
      const older = fills.getByRole('button', { name: 'Older' });
      await older.focus();
      await page.keyboard.press('Enter');
      await fills.getByText('11–20 of 50,000').waitFor();
      expect(await page.evaluate<string>('document.activeElement.textContent')).toContain('Older');
      await fills.getByRole('button', { name: 'Newer' }).press('Space');
      await fills.getByText('1–10 of 50,000').waitFor();
      const [saved] = await Promise.all([
        // Fifty pages, one after the other.
        page.waitForEvent('download', { timeout: 90_000 }),
        button('Export CSV of fills').press('Enter'),
      ]);
      const lines = readFileSync(await saved.path(), 'utf8')
        .trim()
        .split('\r\n');
      expect(lines).toHaveLength(FILLS + 1);
      expect(new Set(lines).size).toBe(FILLS + 1);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
    }, 120_000);

    test('sessions of training are paged by the keyboard', async () => {
      for (let number = 0; number < 23; number++) {
        const createdAt = START_MS + number * HOUR_MS;
        await opened.stores.sessions.insert(aSession({ name: `Session ${number}`, createdAt }));
      }
      await serve();
      await openPage(page, address, '/training');
      const sessions = region('Sessions');
      await sessions.getByText('1–10 of 23').waitFor();
      await sessions.getByRole('button', { name: 'Older' }).press('Enter');
      await sessions.getByRole('button', { name: 'Older' }).press('Enter');
      await sessions.getByText('21–23 of 23').waitFor();
      await sessions.getByText('Session 2', { exact: true }).waitFor();
      expect(await sessions.getByRole('button', { name: 'Older' }).isDisabled()).toBe(true);
    });

    test('failed jobs of a session are tried again by a session of their own', async () => {
      const { stores } = opened;
      await fillStores(stores);
      const failed = aSession({ name: 'Too little memory', status: 'failed' });
      await stores.sessions.insert(failed);
      await stores.jobs.insert(aJob(failed.uid, { status: 'failed', finishedAt: START_MS }));
      await serve();
      await openPage(page, address, '/training');
      await button('Retry failed: Too little memory').press('Enter');
      const sessions = region('Sessions');
      await sessions
        .getByRole('cell', { name: 'Retry of Too little memory', exact: true })
        .waitFor();
      const { rows } = await stores.sessions.list({}, { limit: 2, offset: 0 });
      expect(rows.find(({ kind }) => kind === 'retry')).toMatchObject({
        ...{ name: 'retry of Too little memory', config: { retryOf: failed.uid } },
      });
    });

    test('versions are compared by their calibration curves and by the features that count', async () => {
      await fillStores(opened.stores);
      for (const age of [0, 1, 2]) await opened.stores.models.insert(aVersion(age));
      await serve();
      await openPage(page, address, '/training');
      const compare = region('Compare');
      const curve = compare.getByRole('img', { name: /^How often right when how sure: / });
      await curve.waitFor();
      expect(await curve.locator('polyline').count()).toBe(2);
      await compare
        .getByText(/: 37.2 % sure: right on 36.4 % of 412 rows; 42.8 % sure/)
        .first()
        .waitFor({ state: 'attached' });
      const features = compare.getByRole('table', { name: 'Feature importance' });
      await features.getByRole('row', { name: 'rsi_14 11.2 11.2' }).waitFor();
      const choices = compare.getByRole('button', { name: /^Inside of/ });
      await choices.nth(2).press('Enter');
      await expect.poll(() => curve.locator('polyline').count()).toBe(3);
      await choices.first().press('Enter');
      await expect.poll(() => features.getByRole('columnheader').count()).toBe(3);
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        expect(await seriousFindings(page)).toEqual([]);
        if (SCREENSHOTS === undefined) continue;
        const file = path.join(SCREENSHOTS, `compare-${colorScheme}.png`);
        await page.screenshot({ path: file, fullPage: true });
      }
      await page.setViewportSize({ width: 360, height: 900 });
      await expect.poll(() => overflow(page)).toBeLessThanOrEqual(0);
    });

    test('gaps, refused rows and what is odd are shown by day and in words', async () => {
      await fillHoled(opened);
      await serve();
      await openPage(page, address, '/data');
      const row = region('Series').getByRole('row', { name: /BTC\/USDT/ });
      await row
        .getByText(/bars? .*missing|gap/i)
        .first()
        .waitFor();
      await page.getByLabel('Show').selectOption('odd');
      await button('Days of BTC/USDT 1h').click();
      const series = region('BTC/USDT, 1h');
      await series.getByText(/^\d{4}-\d\d-\d\d: 0 of 24 bars stored, 24 missing$/).waitFor();
      await series
        .getByText(/: 21 of 24 bars stored, 3 that the exchange does not have$/)
        .waitFor();
      await series.getByRole('row', { name: /known the exchange has nothing there/ }).waitFor();
      await series.getByRole('row', { name: /open nobody knows why/ }).waitFor();
      await series
        .getByText(/In training:/)
        .first()
        .waitFor();
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        expect(await seriousFindings(page)).toEqual([]);
      }
    });
  },
);

function aVersion(ageHours: number): ModelRecord {
  const bin = {
    from: 0.3333,
    to: 0.4,
    rows: 412,
    confidence: 0.372,
    accuracy: 0.364 + ageHours / 50,
  };
  return aModelRecord({
    trainedAt: START_MS - ageHours * HOUR_MS,
    config: {
      importance: [
        { feature: 'rsi_14', importance: 11.2 },
        { feature: `return_${ageHours}`, importance: 7.9 },
      ],
      calibration: [
        bin,
        { from: 0.4, to: 0.4667, rows: 228, confidence: 0.428, accuracy: 0.443 },
        { from: 0.4667, to: 0.5333, rows: 61, confidence: 0.491, accuracy: 0.52 },
      ],
    },
  });
}

interface Walk {
  readonly reached: number;
  readonly all: number;
  /** Elements that have the focus and do not show it. */
  readonly unseen: readonly string[];
}

/** Tables that scroll, and the parts of a date, take the focus as well. */
const STEPS_FOR_EACH = 3;

/** Presses the tabulator until everything has been reached. */
async function walkByKeyboard(page: Page): Promise<Walk> {
  const all = await page.evaluate<number>(`(() => {
    const usable = 'a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled)';
    const found = [...document.querySelectorAll(usable)].filter((one) => one.checkVisibility());
    found.forEach((one) => (one.dataset.usable = ''));
    return found.length;
  })()`);
  const reached = '[data-usable][data-reached]';
  for (let step = 0; step < STEPS_FOR_EACH * all; step++) {
    if ((await page.locator(reached).count()) === all) break;
    await page.keyboard.press('Tab');
    await page.evaluate(`(() => {
      const { activeElement: on } = document;
      on.dataset.reached = '';
      const { outlineStyle, outlineWidth } = getComputedStyle(on);
      if (outlineStyle === 'none' || outlineWidth === '0px') on.dataset.unseen = '';
    })()`);
  }
  return page.evaluate<Walk>(`({
    all: ${all},
    reached: document.querySelectorAll('${reached}').length,
    unseen: [...document.querySelectorAll('[data-unseen]')].map((one) => one.outerHTML.slice(0, 120)),
  })`);
}

/** Twelve days of hours before the clock's time: one day nobody knows, three hours that the venue lacks. */
async function fillHoled({ stores }: TestDatabase): Promise<void> {
  const { id } = await stores.series.ensure(SERIES_KEY);
  const dayMs = HOURS_A_DAY * HOUR_MS;
  const midnight = Math.floor(fixedClock().marketMs() / dayMs) * dayMs;
  const first = midnight - DAYS * dayMs;
  const [lost, lacking] = [3 * HOURS_A_DAY, 5 * HOURS_A_DAY + 4];
  const hours = Array.from({ length: DAYS * HOURS_A_DAY }, (_, hour) => hour).filter(
    (hour) =>
      !(hour >= lost && hour < lost + HOURS_A_DAY) && !(hour >= lacking && hour < lacking + 3),
  );
  const candles = hours.map((hour) => ({ ...aCandle(hour), openTime: first + hour * HOUR_MS }));
  await stores.candles.upsert(id, candles, 'rest');
  await stores.knownGaps.add(id, [
    {
      ...{ fromOpenTime: first + lacking * HOUR_MS, toOpenTime: first + (lacking + 2) * HOUR_MS },
      ...{ reason: 'missing', notedAt: midnight },
    },
  ]);
}
