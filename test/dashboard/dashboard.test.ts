import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { report } from '../../src/api/contract/models.js';
import { listAnswer } from '../../src/api/contract/common.js';
import { session, trainingStatus } from '../../src/api/contract/training.js';
import { status } from '../../src/api/contract/status.js';
import { DaemonChild, QUICK } from '../daemon/daemon-child.js';
import { backtestsPage, tradesPage, type PageTools } from './book-pages.js';
import { dataPage, experimentsPage, logsPage, settingsPage, trainingPage } from './watch-pages.js';
import { openBrowser, type Browser } from './browser.js';
import {
  lookAt,
  openPage,
  overflow,
  PAGES,
  PAINTED_SHARE,
  seriousFindings,
  skipReason,
  watchPage,
} from './dashboard-rig.js';
import { freePort } from '../free-port.js';

const TOKEN = 'a-token-of-sixteen-or-more';
const LIMIT_MS = 120_000;
/** Training runs at the lowest priority: on a busy machine it waits. */
const TRAINING_MS = 180_000;

/** One daemon with the demo for all tests: what one of them changes is put back by itself. */
describe.skipIf(skipReason !== undefined)(
  `the dashboard in a browser (${skipReason ?? 'chromium'})`,
  () => {
    let browser: Browser;
    let daemon: DaemonChild;
    let address: string;
    let folder: string;
    let environment: Record<string, string>;
    let page: Page;
    let complaints: string[];

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-dashboard-'));
      environment = {
        ...{ ...QUICK, SYMBOLS: 'BTC/USDT,ETH/USDT', API_PORT: String(await freePort()) },
        ...{ API_TOKEN: TOKEN, DATA_DIR: folder, DISPLAY_TIMEZONE: 'Europe/Berlin' },
        // So that something is traded.
        ...{ ALLOW_FALLBACK_EXECUTION: 'true', MIN_FALLBACK_CONFIDENCE: '0' },
        ...{ MIN_MODEL_CONFIDENCE: '0', MIN_EDGE_COSTS: '0' },
        // So that a model that is trained serves at any moment of the demo's market.
        PROMOTION_GATE: 'parity',
      };
      daemon = new DaemonChild({ environment });
      address = await daemon.address();
      browser = await openBrowser();
      await daemon.line(/ETH\/USDT 1h catboost \w+ [\d.]+ by /, LIMIT_MS);
    }, 2 * LIMIT_MS);

    beforeEach(async () => {
      page = await browser.context.newPage();
      complaints = watchPage(page);
    });

    afterEach(async () => {
      await page.close();
      expect(complaints).toEqual([]);
    });

    afterAll(async () => {
      await browser.close();
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    });

    async function ask<T extends z.ZodType>(route: string, shape: T): Promise<z.output<T>> {
      const headers = { authorization: `Bearer ${TOKEN}` };
      return shape.parse(await (await fetch(address + route, { headers })).json());
    }

    async function send(route: string, body: object): Promise<void> {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
      const request = { method: 'POST', headers, body: JSON.stringify(body) };
      const answer = await fetch(address + route, request);
      expect(answer.status, await answer.text()).toBeLessThan(300);
    }

    const trainingState = async (): Promise<string> =>
      (await ask('/api/training/status', trainingStatus)).state;

    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const dialog = () => page.getByRole('dialog');
    /** The button of a dialog that does it; the one that opened the dialog may bear the same name. */
    const confirm = (name: string) => dialog().getByRole('button', { name, exact: true }).click();

    const tools = (): PageTools => ({ page, address, ask, send, button, dialog, confirm });

    test('asks for the token once, refuses another, and goes on to the page that was asked for', async () => {
      await page.goto(`${address}/models`);
      const token = page.getByLabel('API token');
      await token.fill('wrong');
      await button('Log in').click();
      await page.getByRole('alert').getByText('not the API_TOKEN').waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await token.fill(TOKEN);
      await button('Log in').click();
      await page.getByRole('heading', { name: 'Model Manager', level: 1 }).waitFor();
      expect(page.url()).toBe(`${address}/models`);
      expect(await page.evaluate<string>('document.cookie')).toBe('');
    });

    test.each(Object.entries(PAGES))(
      '%s is reached from the navigation, accessible, and not cut off',
      async (name, route) => {
        await openPage(page, address, '/');
        await page.getByRole('navigation', { name: 'Pages' }).getByText(name).click();
        await page.waitForURL(address + route);
        await openPage(page, address, route);
        await lookAt(page, route.slice(1) || 'overview');
      },
    );

    test('the overview answers whether it is well, what it holds and why it did not trade', async () => {
      await openPage(page, address, '/');
      await page.getByText('Demo, on paper').waitFor();
      for (const question of ['Is it well?', 'What does it hold?', 'Why did it (not) trade?']) {
        await page.getByRole('heading', { name: question }).waitFor();
      }
      const reasons = page.getByRole('region', { name: 'Why did it (not) trade?' });
      await reasons
        .getByText(/\d+ (skipped|left as it was|bought):/)
        .first()
        .waitFor();
      await page.getByText(/^\d of 2 models serve$/).waitFor();
    });

    test('the market draws candles, says what was decided on each, and follows the choice', async () => {
      await openPage(page, address, '/market');
      await expect.poll(() => page.evaluate<number>(PAINTED_SHARE)).toBeGreaterThan(0);
      await button('Earlier').click();
      await page.getByRole('heading', { name: 'The chosen candle' }).waitFor();
      await page.getByLabel('Symbol').selectOption('ETH/USDT');
      await page.waitForURL(/symbol=ETH/);
      await page.getByRole('img', { name: /^ETH\/USDT, 1h/ }).waitFor();
    });

    test(
      'look-alikes are computed when they are asked for, drawn over the newest bars, and listed',
      async () => {
        await openPage(page, address, '/market');
        const card = page.getByRole('region', { name: 'Look-alikes' });
        expect(await card.getByRole('img').count()).toBe(0);
        await card.getByRole('button', { name: 'Show look-alikes' }).click();
        const picture = card.getByRole('img', { name: /bars of BTC\/USDT over \d+ look-alike/ });
        await picture.or(card.getByText('are being computed')).waitFor();
        expect(await seriousFindings(page)).toEqual([]);
        await picture.waitFor({ timeout: LIMIT_MS });
        await card.getByLabel('Among').selectOption('this symbol');
        await picture.waitFor();
        const windows = card.getByRole('button', { name: 'BTC/USDT' });
        await windows.first().press('Enter');
        await expect.poll(() => picture.locator('.chosen').count()).toBe(2);
        expect(await windows.count()).toBeGreaterThan(1);
        await card
          .getByText(/95 % interval \d+\s% to \d+\s%/)
          .first()
          .waitFor();
        for (const colorScheme of ['dark', 'light'] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          expect(await seriousFindings(page)).toEqual([]);
        }
        await page.setViewportSize({ width: 360, height: 900 });
        await expect.poll(() => overflow(page)).toBeLessThanOrEqual(0);
      },
      2 * LIMIT_MS,
    );

    test(
      'a card clears its model after a question, and trains it again',
      async () => {
        await openPage(page, address, '/models');
        const card = page.getByRole('article', { name: 'ETH/USDT 1h catboost' });
        await card.getByText('Active').waitFor({ timeout: TRAINING_MS });
        await card.getByRole('button', { name: 'Pin' }).click();
        const models = async () => (await ask('/api/models/report', report)).models;
        await expect.poll(async () => (await models()).some((one) => one.is_pinned)).toBe(true);
        await card.getByRole('button', { name: 'Unpin' }).click();
        await expect.poll(async () => (await models()).some((one) => one.is_pinned)).toBe(false);
        await card.getByRole('button', { name: 'Clear' }).click();
        await confirm('Clear');
        const serving = async () =>
          (await models()).filter((one) => one.stage === 'serving').map((one) => one.symbol);
        await expect.poll(serving).not.toContain('ETHUSDT');
        await card.getByRole('button', { name: 'Retrain' }).click();
        await expect.poll(serving, { timeout: TRAINING_MS }).toContain('ETHUSDT');
      },
      3 * TRAINING_MS,
    );

    test('the queue is paused, resumed, stopped and stopped by force', async () => {
      await openPage(page, address, '/models');
      await button('Pause').click();
      await expect.poll(trainingState).toBe('paused');
      await button('Resume').click();
      await expect.poll(trainingState).not.toBe('paused');
      await button('Stop').click();
      await expect.poll(trainingState).toMatch(/stopped|stopping/);
      await button('Resume').click();
      await expect.poll(trainingState).not.toMatch(/stop/);
      await button('Force stop').click();
      await confirm('Force stop');
      await expect.poll(trainingState).toBe('stopped');
      await button('Resume').click();
      await expect.poll(trainingState).not.toBe('stopped');
    });

    test('auto-training says how many jobs it will be, and asks for them', async () => {
      // A card that was trained again has such a session too.
      const countSessions = async () => {
        const sessions = await ask('/api/training/sessions?limit=100', SESSIONS);
        return sessions.sessions.filter(
          ({ kind, progress }) => kind === 'manual' && progress.total === 1,
        ).length;
      };
      const before = await countSessions();
      await openPage(page, address, '/models');
      await button('Start auto-training').click();
      await dialog().getByText('2 jobs will be queued').waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await dialog().getByRole('checkbox', { name: 'ETH/USDT' }).uncheck();
      await dialog().getByText('1 job will be queued').waitFor();
      await confirm('Start auto-training');
      await dialog().waitFor({ state: 'detached' });
      expect(await countSessions()).toBe(before + 1);
    });

    test('trading is halted with a reason, which every page shows, and resumed', async () => {
      await openPage(page, address, '/trades');
      await button('Halt').click();
      await dialog()
        .getByLabel(/^Reason/)
        .fill('a test of the halt');
      await confirm('Halt');
      await page.getByText('HALTED', { exact: true }).waitFor();
      const otherTab = await browser.context.newPage();
      await openPage(otherTab, address, '/market');
      await otherTab.getByText('HALTED', { exact: true }).waitFor();
      const halt = async () => (await ask('/api/status', status)).trading.halt?.reason;
      expect(await halt()).toBe('a test of the halt');
      await button('Resume').click();
      await confirm('Resume');
      await expect.poll(halt).toBe(undefined);
      await otherTab.getByText('HALTED', { exact: true }).waitFor({ state: 'detached' });
      await otherTab.close();
    });

    test(
      'trades are narrowed, saved as a file, and one that is held is closed',
      () => tradesPage(tools()),
      3 * LIMIT_MS,
    );

    test(
      'a backtest is refused at its field, run, cancelled, compared, opened and deleted',
      () => backtestsPage(tools()),
      3 * LIMIT_MS,
    );

    test(
      'a session is started, paused, resumed, looked into and cancelled by the keyboard',
      () => trainingPage(tools()),
      LIMIT_MS,
    );

    test(
      'an experiment is begun, trained by the daemon, and said in words once it is scored',
      () => experimentsPage(tools()),
      2 * TRAINING_MS,
    );

    test(
      'a series shows its days and gaps in words, for as many days as chosen, and is repaired',
      () => dataPage(tools()),
      3 * LIMIT_MS,
    );

    test('settings are searched, narrowed to those that were set, and copied without secrets', () =>
      settingsPage(tools()));

    test('the log is followed, narrowed, paused and gone on with', () => logsPage(tools()));

    test('the choice of colours is kept', async () => {
      await openPage(page, address, '/');
      await page.getByLabel('Colours').selectOption('light');
      await openPage(page, address, '/trades');
      expect(await page.locator('html').getAttribute('data-theme')).toBe('light');
      await page.getByLabel('Colours').selectOption('system');
    });

    test('the keyboard reaches the content and a dialog, and Escape closes it', async () => {
      await openPage(page, address, '/models');
      await page.keyboard.press('Tab');
      expect(await page.evaluate<string>('document.activeElement.textContent')).toContain('Skip');
      await button('Force stop').focus();
      await page.keyboard.press('Enter');
      await dialog().waitFor();
      await page.keyboard.press('Escape');
      await dialog().waitFor({ state: 'detached' });
    });

    test('the first page is small', async () => {
      await openPage(page, address, '/');
      const bytes = await page.evaluate<number>(`
        performance.getEntriesByType('resource')
          .filter((entry) => entry.name.includes('/assets/'))
          .reduce((sum, entry) => sum + entry.encodedBodySize, 0)`);
      expect(bytes).toBeGreaterThan(10_000);
      expect(bytes).toBeLessThan(300_000);
    });

    test('a killed daemon is noticed, and found again when it is back, still logged in', async () => {
      await openPage(page, address, '/');
      await daemon.stop('SIGKILL');
      await page.getByText(/Connection lost, retrying in \d+ s/).waitFor();
      daemon = new DaemonChild({ environment });
      await daemon.address();
      await button('Try now')
        .click({ timeout: 3000 })
        .catch(() => undefined);
      await page.getByText('Connection lost').waitFor({ state: 'detached' });
      expect(page.url()).toBe(`${address}/`);
    });

    test('who logs out sees nothing any more', async () => {
      await openPage(page, address, '/');
      await button('Log out').click();
      await page.getByLabel('API token').waitFor();
      await page.goto(`${address}/trades`);
      await page.getByLabel('API token').waitFor();
    });
  },
);

const SESSIONS = listAnswer('sessions', session);
