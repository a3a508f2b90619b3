import { expect } from 'vitest';
import { experiment } from '../../src/api/contract/experiments.js';
import { listAnswer } from '../../src/api/contract/common.js';
import { job, session } from '../../src/api/contract/training.js';
import type { PageTools } from './book-pages.js';
import { openPage, seriousFindings } from './dashboard-rig.js';

const LIMIT_MS = 120_000;
const SESSION = 'A session of the test';

/** Pages on which a person watches what the daemon does: training, data, settings, log. */
export async function trainingPage(tools: PageTools): Promise<void> {
  const { page, address, ask, button, confirm, send } = tools;
  const mine = async () =>
    (await ask('/api/training/sessions', listAnswer('sessions', session))).sessions.find(
      ({ name }) => name === SESSION,
    )?.status;
  await send('/api/training/sessions', { name: SESSION, symbols: ['BTC/USDT'] });
  await openPage(page, address, '/training');
  // Paused as a whole, so that nothing ends meanwhile: also no job under way, which the session would join.
  await button('Pause').click();
  const running = '/api/training/jobs?status=running';
  const underWay = async () => (await ask(running, listAnswer('jobs', job))).total;
  await expect.poll(underWay, { timeout: LIMIT_MS }).toBe(0);
  await button(`Start: ${SESSION}`).press('Enter');
  await expect.poll(mine).toMatch(/pending|running/);
  await button(`Pause: ${SESSION}`).press('Enter');
  await expect.poll(mine).toBe('paused');
  await button(`Resume: ${SESSION}`).press('Enter');
  await expect.poll(mine).not.toBe('paused');
  await button(`Jobs of ${SESSION}`).press('Enter');
  const jobs = page.getByRole('region', { name: `Jobs of ${SESSION}` });
  await jobs.getByRole('cell', { name: 'BTC/USDT 1h catboost', exact: true }).waitFor();
  await button(`Cancel: ${SESSION}`).click();
  await confirm('Cancel session');
  await expect.poll(mine).toBe('cancelled');
  await button('Resume').click();

  const history = page.getByRole('region', { name: 'History' });
  await history.getByLabel('Symbol').selectOption('ETH/USDT');
  await expect.poll(() => history.getByRole('cell', { name: /^BTC/ }).count()).toBe(0);
}

export async function experimentsPage(tools: PageTools): Promise<void> {
  const { page, address, ask, button, dialog, confirm } = tools;
  const state = async () =>
    (await ask('/api/experiments', listAnswer('experiments', experiment))).experiments[0]?.status;
  await openPage(page, address, '/training');
  await button('Start an experiment').click();
  await dialog().getByLabel('What is asked').fill('calendar');
  await dialog().getByLabel('Seeds').selectOption('1');
  const second = dialog().getByRole('group', { name: 'Variant 2' });
  await second.getByLabel('Change a setting').selectOption('FEATURE_GROUPS');
  await second.getByLabel('FEATURE_GROUPS', { exact: true }).fill('-calendar');
  await dialog().getByText('4 jobs will be queued').waitFor();
  await confirm('Start experiment');
  await expect.poll(state, { timeout: 2 * LIMIT_MS }).toBe('completed');
  const shown = page.getByRole('region', { name: 'Experiment: calendar' });
  await shown.getByText('4 of 4 scored').waitFor({ timeout: 40_000 });
  await shown
    .getByText(/difference was found|“changed” is (better|worse) in/)
    .first()
    .waitFor();
  const picture = shown.getByRole('figure', { name: /^Differences of skill/ });
  expect(await picture.locator('.interval').count()).toBe(3);
  expect(await seriousFindings(page)).toEqual([]);
}

export async function dataPage({ page, address, button }: PageTools): Promise<void> {
  await openPage(page, address, '/data');
  await page.getByRole('combobox', { name: /^Days/ }).selectOption('7');
  await button('Days of BTC/USDT 1h').click();
  const series = page.getByRole('region', { name: 'BTC/USDT, 1h' });
  const days = series.getByText(/^\d{4}-\d\d-\d\d: \d+ of \d+ bars? stored/);
  await expect.poll(() => days.count()).toBeLessThanOrEqual(8);
  expect(await days.count()).toBeGreaterThan(5);
  expect(await seriousFindings(page)).toEqual([]);
  await button('Repair BTC/USDT 1h').press('Enter');
  const row = page.getByRole('row', { name: /^BTC\/USDT 1h/ });
  await row.getByText(/^Repaired: \d+ candles? found/).waitFor({ timeout: LIMIT_MS });
  await button('Repair every series').press('Enter');
  const other = page.getByRole('row', { name: /^ETH\/USDT 1h/ });
  await other.getByText(/^Repaired: \d+ candles? found/).waitFor({ timeout: LIMIT_MS });
}

export async function settingsPage({ page, address, button }: PageTools): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await openPage(page, address, '/settings');
  await page.getByLabel('Search').fill('api_token');
  const token = page.getByRole('row', { name: /^API_TOKEN\b/ });
  await token.getByRole('cell', { name: 'set', exact: true }).waitFor();
  await page.getByLabel('Search').fill('');
  await page.getByLabel('Only what was set').press('Space');
  await page.getByRole('row', { name: /^SYMBOLS BTC\/USDT,ETH\/USDT/ }).waitFor();
  expect(await page.getByRole('row', { name: /^MYSQL_HOST/ }).count()).toBe(0);
  await button('Copy as .env').press('Enter');
  const copied = () => page.evaluate<string>('navigator.clipboard.readText()');
  await expect.poll(copied).toContain('SYMBOLS=BTC/USDT,ETH/USDT\n');
  expect(await copied()).toContain('# API_TOKEN= (a secret, not shown)\n');
}

export async function logsPage({ page, address, button, send }: PageTools): Promise<void> {
  await openPage(page, address, '/logs');
  const lines = page.getByRole('main').getByRole('listitem');
  await expect.poll(() => lines.count()).toBeGreaterThan(5);
  await page.getByLabel('Least level').selectOption('error');
  const none = page.getByText('No line fits.');
  await expect
    .poll(async () => (await none.count()) + (await page.locator('main li.error').count()))
    .toBeGreaterThan(0);
  expect(await page.locator('main li.info').count()).toBe(0);
  await page.getByLabel('Least level').selectOption('info');
  await page.getByLabel('Text').fill('halt');
  await send('/api/trading/halt', { reason: 'for the log', author: 'test' });
  await lines
    .getByText(/halted/i)
    .first()
    .waitFor();
  await send('/api/trading/resume', { author: 'test' });
  // Each candle that closes writes lines.
  await page.getByLabel('Text').fill('candle');
  await expect
    .poll(async () => (await lines.allTextContents()).filter((line) => !/candle/.test(line)))
    .toEqual([]);
  await button('Pause').press('Enter');
  const before = await lines.count();
  await page.getByRole('button', { name: /^Go on \([1-9]/ }).waitFor();
  expect(await lines.count()).toBe(before);
  await page.getByRole('button', { name: /^Go on/ }).press('Enter');
  await expect.poll(() => lines.count()).toBeGreaterThan(before);
}
