import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { listAnswer } from '../../src/api/contract/common.js';
import { report } from '../../src/api/contract/models.js';
import { status } from '../../src/api/contract/status.js';
import { order, position, trade } from '../../src/api/contract/trading.js';
import { trainingStatus } from '../../src/api/contract/training.js';
import { DaemonChild, QUICK } from '../daemon/daemon-child.js';
import { openBrowser, type Browser } from './browser.js';
import { openPage, skipReason, watchPage } from './dashboard-rig.js';

const LIMIT_MS = 120_000;
/** Training runs at the lowest priority: on a busy machine it waits. */
const TRAINING_MS = 180_000;

/** Each control is pressed once, and its effect looked up through the daemon's API. The order of the tests matters. */
describe.skipIf(skipReason !== undefined)(
  `the controls of the dashboard (${skipReason ?? 'chromium'})`,
  () => {
    let browser: Browser;
    let daemon: DaemonChild;
    let address: string;
    let folder: string;
    let page: Page;
    let complaints: string[];

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-controls-'));
      daemon = new DaemonChild({
        environment: {
          ...{ ...QUICK, SYMBOLS: 'BTC/USDT,ETH/USDT', DATA_DIR: folder },
          // So that something is traded, and that each model serves.
          ...{ ALLOW_FALLBACK_EXECUTION: 'true', MIN_FALLBACK_CONFIDENCE: '0' },
          ...{ MIN_MODEL_CONFIDENCE: '0', MIN_EDGE_COSTS: '0', PROMOTION_GATE: 'parity' },
        },
      });
      address = await daemon.address();
      browser = await openBrowser();
    }, LIMIT_MS);
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

    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const region = (name: string) => page.getByRole('region', { name, exact: true });
    const dialog = () => page.getByRole('dialog');
    const confirm = (name: string) => dialog().getByRole('button', { name, exact: true }).click();
    const list = async <T extends z.ZodType, N extends string>(route: string, name: N, shape: T) =>
      daemon.get(route, listAnswer(name, shape));
    const positions = async (query: string) =>
      (await list(`/api/positions?${query}`, 'positions', position)).positions;
    /** Uids of the models that serve, by symbol. */
    const serving = async () => {
      const { models } = await daemon.get('/api/models/report', report);
      const found = models.filter(({ stage }) => stage === 'serving');
      return Object.fromEntries(found.map((one) => [one.unified_symbol, one.uid]));
    };
    const isServing = async (symbol: string) => symbol in (await serving());

    test(
      'models are narrowed by what is searched and chosen, and all come back at once',
      async () => {
        await expect.poll(() => isServing('BTC/USDT'), { timeout: TRAINING_MS }).toBe(true);
        await expect.poll(() => isServing('ETH/USDT'), { timeout: TRAINING_MS }).toBe(true);
        await openPage(page, address, '/models');
        const names = () =>
          page.evaluate<string[]>(
            "[...document.querySelectorAll('article')].map((one) => one.ariaLabel)",
          );
        const search = page.getByRole('search', { name: 'Models' });
        await search.getByLabel('Search').fill('eth');
        await expect
          .poll(async () => (await names()).every((name) => /^ETH/.test(name)))
          .toBe(true);
        await search.getByLabel('Search').fill('');
        await search.getByLabel('Status').selectOption('Active');
        await search.getByLabel('Timeframe').selectOption('1h');
        await search.getByLabel('Bot').selectOption('catboost');
        await search.getByLabel('Order').selectOption('symbol');
        await expect.poll(names).toEqual(['BTC/USDT 1h catboost', 'ETH/USDT 1h catboost']);
        await search.getByLabel('Search').fill('no such thing');
        await page.getByText('No model fits what is searched for.').waitFor();
        await button('Show all').click();
        await expect.poll(async () => (await names()).length).toBeGreaterThan(1);
        expect(await search.getByLabel('Status').inputValue()).toBe('');
      },
      2 * TRAINING_MS,
    );

    test(
      'a model is rolled back to the version that served before it',
      async () => {
        const { 'BTC/USDT': before } = await serving();
        await openPage(page, address, '/models');
        const card = page.getByRole('article', { name: 'BTC/USDT 1h catboost' });
        await card.getByRole('button', { name: 'Retrain' }).click();
        const now = async () => (await serving())['BTC/USDT'];
        await expect.poll(now, { timeout: TRAINING_MS }).not.toBe(before);
        await card.getByRole('button', { name: 'Roll back' }).click();
        await confirm('Roll back');
        await expect.poll(now).toBe(before);
        await page.getByText('An earlier version of BTC/USDT 1h catboost serves again').waitFor();
      },
      TRAINING_MS + LIMIT_MS,
    );

    test('many models are cleared once what they are is typed: those of one symbol, then all', async () => {
      await openPage(page, address, '/models');
      // Nothing is trained meanwhile that would serve again.
      await button('Stop').click();
      const state = async () => (await daemon.get('/api/training/status', trainingStatus)).state;
      await expect.poll(state, LIMIT).toBe('stopped');
      await button('Clear many …').click();
      await dialog().getByLabel('Symbol').selectOption('BTC/USDT');
      await dialog()
        .getByLabel(/^Timeframe/)
        .selectOption('1h');
      const clear = dialog().getByRole('button', { name: 'Clear', exact: true });
      await dialog().getByLabel('to confirm').fill('ETH/USDT');
      expect(await clear.isDisabled()).toBe(true);
      await dialog().getByLabel('to confirm').fill('BTC/USDT');
      await clear.click();
      await expect.poll(() => isServing('BTC/USDT'), LIMIT).toBe(false);
      expect(await isServing('ETH/USDT')).toBe(true);
      await dialog().waitFor({ state: 'detached' });
      await button('Clear many …').click();
      expect(await clear.isDisabled()).toBe(true);
      await dialog().getByLabel('to confirm').fill('every model');
      await clear.click();
      await expect.poll(serving, LIMIT).toEqual({});
      await dialog().waitFor({ state: 'detached' });
      await button('Resume').click();
    });

    test(
      'a halt sells all that is held where that is chosen',
      async () => {
        const held = async () => (await positions('status=held')).length;
        await expect.poll(held, { timeout: LIMIT_MS }).toBeGreaterThan(0);
        await openPage(page, address, '/trades');
        await button('Halt').click();
        await dialog()
          .getByLabel(/^Reason/)
          .fill('a test of the sale');
        await dialog().getByLabel('Also sell everything').check();
        await confirm('Halt');
        await expect.poll(held, LIMIT).toBe(0);
        const { halt } = (await daemon.get('/api/status', status)).trading;
        expect(halt).toMatchObject({ reason: 'a test of the sale', close_all: true });
        await page.getByText('HALTED', { exact: true }).waitFor();
      },
      2 * LIMIT_MS,
    );

    // Nothing is bought or sold meanwhile: the lists stand still.
    test('trades, orders and fills are narrowed by their filters, and saved as they are narrowed', async () => {
      await openPage(page, address, '/trades');
      const filter = page.getByRole('search', { name: 'Trades, orders and fills' });
      const market = (await positions('status=closed&limit=1'))[0]?.unified_symbol ?? '';
      await filter.getByLabel('Market').selectOption(market);
      await region('Orders').getByLabel('State').selectOption('filled');
      await region('Fills').getByLabel('Side').selectOption('buy');
      const symbol = `symbol=${encodeURIComponent(market)}`;
      const wanted = {
        trades: (await list(`/api/positions?${symbol}&status=closed`, 'positions', position)).total,
        orders: (await list(`/api/orders?${symbol}&status=filled`, 'orders', order)).total,
        fills: (await list(`/api/trades?${symbol}&side=buy`, 'trades', trade)).total,
      };
      for (const [name, total] of Object.entries(wanted)) {
        expect(total, name).toBeGreaterThan(0);
        const rows = await saved(button(`Export CSV of ${name}`));
        expect(rows.every((row) => row.startsWith(`${market},`))).toBe(true);
        expect([name, rows.length]).toEqual([name, total]);
      }
      await region('Trades').getByLabel('State').selectOption('abandoned');
      await region('Trades').getByText('No trade fits what is chosen.').waitFor();
      expect(await button('Export CSV of trades').isDisabled()).toBe(true);
    });

    test(
      'trading that is resumed buys again',
      async () => {
        await openPage(page, address, '/trades');
        await button('Resume').click();
        await dialog().getByText('Halted because: a test of the sale').waitFor();
        await confirm('Resume');
        const halt = async () => (await daemon.get('/api/status', status)).trading.halt;
        await expect.poll(halt).toBe(null);
        await expect
          .poll(async () => (await positions('status=held')).length, { timeout: LIMIT_MS })
          .toBeGreaterThan(0);
      },
      2 * LIMIT_MS,
    );

    test('the history of training is narrowed by each of its filters', async () => {
      await openPage(page, address, '/training');
      const history = region('History');
      const cells = () => history.locator('td[data-label="Model"]').allTextContents();
      await history.getByLabel('Symbol').selectOption('BTC/USDT');
      await history.getByLabel('Timeframe').selectOption('1h');
      await history.getByLabel('Bot').selectOption('catboost');
      await expect
        .poll(async () => [...new Set((await cells()).map((one) => one.trim()))])
        .toEqual(['BTC/USDT 1h catboost']);
      await history.getByLabel('Outcome').selectOption('candidate');
      await history.getByText('No training has ended yet, or none fits what is chosen.').waitFor();
    });

    /** Rows of the file that a button saves, without its head. */
    async function saved(press: Locator): Promise<readonly string[]> {
      const [file] = await Promise.all([page.waitForEvent('download'), press.click()]);
      const text = readFileSync(await file.path(), 'utf8');
      return text.trim().split('\r\n').slice(1);
    }
  },
);

const LIMIT = { timeout: LIMIT_MS };
