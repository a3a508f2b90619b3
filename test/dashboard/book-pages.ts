import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { z } from 'zod';
import { backtest } from '../../src/api/contract/backtests.js';
import { listAnswer } from '../../src/api/contract/common.js';
import { position, trade } from '../../src/api/contract/trading.js';
import { openPage, PAINTED_SHARE, seriousFindings } from './dashboard-rig.js';

const LIMIT_MS = 120_000;
const EMPTY_LISTS = {
  Trades: 'No trade fits what is chosen.',
  Orders: 'No order fits what is chosen.',
  Fills: 'No fill fits what is chosen.',
};

/** A page of the shared daemon, and how it is used. */
export interface PageTools {
  readonly page: Page;
  readonly address: string;
  readonly ask: <T extends z.ZodType>(route: string, shape: T) => Promise<z.output<T>>;
  /** Posts to the daemon as a script does. */
  readonly send: (route: string, body: object) => Promise<void>;
  readonly button: (name: string) => Locator;
  readonly dialog: () => Locator;
  readonly confirm: (name: string) => Promise<void>;
}

export async function tradesPage({
  page,
  address,
  ask,
  button,
  confirm,
}: PageTools): Promise<void> {
  const region = (name: string) => page.getByRole('region', { name, exact: true });
  const reasons = async () =>
    (await ask('/api/positions?status=closed', listAnswer('positions', position))).positions.map(
      (one) => one.exit_reason,
    );
  await openPage(page, address, '/trades');
  const closing = page.getByRole('button', { name: /^Close [A-Z]/ });
  // The market may sell it first: then the next one is closed.
  for (let tries = 0; tries < 5 && !(await reasons()).includes('manual'); tries++) {
    await closing.first().click({ timeout: LIMIT_MS });
    await confirm('Close position');
    await page
      .getByRole('status')
      .getByText(/is sold/)
      .first()
      .waitFor({ timeout: 5000 })
      .catch(() => page.keyboard.press('Escape'));
  }
  expect(await reasons()).toContain('manual');
  await region('Trades').getByText('Closed by a person').first().waitFor();
  await region('Orders').getByRole('cell', { name: 'Filled' }).first().waitFor();
  expect(await seriousFindings(page)).toEqual([]);

  await region('Fills').getByLabel(/^Side/).selectOption('sell');
  await expect.poll(() => region('Fills').getByRole('cell', { name: 'Buy' }).count()).toBe(0);
  const [sold] = await Promise.all([
    page.waitForEvent('download'),
    button('Export CSV of fills').click(),
  ]);
  const rows = readFileSync(await sold.path(), 'utf8')
    .trim()
    .split('\r\n');
  const { total } = await ask('/api/trades?side=sell', listAnswer('trades', trade));
  expect(rows[0]).toMatch(/^symbol,side,filled_at,price,/);
  expect(rows.slice(1).every((row) => row.includes(',sell,'))).toBe(true);
  expect(rows.length).toBeGreaterThan(1);
  expect(rows.length - 1).toBeLessThanOrEqual(total);

  const filter = page.getByRole('search', { name: 'Trades, orders and fills' });
  await filter.getByLabel('Last day (UTC)').fill('2001-01-01');
  for (const [name, empty] of Object.entries(EMPTY_LISTS)) {
    await region(name).getByText(empty).waitFor();
  }
  await button('Show all').click();
  await region('Trades').getByText('Closed by a person').first().waitFor();
}

export async function backtestsPage(tools: PageTools): Promise<void> {
  const { page, address, ask, button, dialog, confirm } = tools;
  const runs = async () =>
    (await ask('/api/backtests', listAnswer('backtests', backtest))).backtests;
  const states = async () => (await runs()).map((one) => one.state);
  const start = async (fill: () => Promise<unknown>) => {
    await button('Start a backtest').click();
    await fill();
    await confirm('Start backtest');
  };
  await openPage(page, address, '/backtests');
  await start(async () => {
    await dialog().getByLabel('Change a setting').selectOption('STOP_LOSS_PCT');
    await dialog().getByLabel('STOP_LOSS_PCT', { exact: true }).fill('a lot');
  });
  const refused = dialog().getByLabel('STOP_LOSS_PCT', { exact: true });
  await dialog().getByRole('alert').getByText('expected a number').waitFor();
  expect(await refused.getAttribute('aria-invalid')).toBe('true');
  expect(await seriousFindings(page)).toEqual([]);
  expect(await runs()).toEqual([]);
  await refused.fill('8');
  await confirm('Start backtest');
  await expect.poll(states, { timeout: LIMIT_MS }).toEqual(['done']);
  expect((await runs())[0]?.settings).toMatchObject({ STOP_LOSS_PCT: 8 });
  await start(() => dialog().getByRole('checkbox', { name: 'ETH/USDT' }).uncheck());
  await expect.poll(states, { timeout: LIMIT_MS }).toEqual(['done', 'done']);
  expect((await runs())[0]?.symbols).toEqual(['BTC/USDT']);
  const choices = page.getByRole('checkbox', { name: /^Compare/ });
  await expect.poll(() => choices.count(), { timeout: LIMIT_MS }).toBe(2);
  await start(() =>
    dialog()
      .getByLabel(/^Signals/)
      .selectOption('model'),
  );
  await page.getByRole('button', { name: /^Cancel the backtest/ }).click();
  await expect.poll(states, { timeout: LIMIT_MS }).toEqual(['cancelled', 'done', 'done']);

  for (const choice of await choices.all()) await choice.check();
  const compared = page.getByRole('region', { name: 'Compared' });
  await compared.getByRole('row', { name: 'STOP_LOSS_PCT 8 3' }).waitFor();
  await compared.getByRole('row', { name: /^Sharpe ratio [^,]/ }).waitFor();
  expect(await seriousFindings(page)).toEqual([]);

  const opened = page.context().waitForEvent('page');
  await page
    .getByRole('link', { name: /^Report of/ })
    .first()
    .click();
  const shown = await opened;
  await shown.getByRole('heading', { name: /^Backtest / }).waitFor();
  // Its script drew, in an origin that is not the dashboard's.
  await expect.poll(() => shown.evaluate<number>(PAINTED_SHARE)).toBeGreaterThan(0);
  expect(await shown.evaluate<string>('self.origin')).toBe('null');
  await shown.close();

  for (let left = 2; left >= 0; left--) {
    await page
      .getByRole('button', { name: /^Delete the backtest/ })
      .first()
      .click();
    await confirm('Delete');
    await expect.poll(async () => (await runs()).length).toBe(left);
    await expect
      .poll(() => page.getByRole('button', { name: /^Delete the backtest/ }).count())
      .toBe(left);
  }
}
