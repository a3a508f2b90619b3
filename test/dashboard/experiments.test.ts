import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listEffective } from '../../config/effective-settings.js';
import { readSettings, readSources } from '../../config/read-settings.js';
import { experiment, experimentDetail } from '../../src/api/contract/experiments.js';
import { listAnswer } from '../../src/api/contract/common.js';
import { buildApi, fillStores, type ApiRig } from '../api/api-rig.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { openBrowser, type Browser } from './browser.js';
import { lookAt, openPage, skipReason, watchPage } from './dashboard-rig.js';
import { storeExperiment } from './stored-experiment.js';

const LISTED = listAnswer('experiments', experiment);

/** Experiments on the page of training, over the real API and what its stores hold. */
describe.skipIf(skipReason !== undefined)(
  `experiments in the dashboard (${skipReason ?? 'chromium'})`,
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
      await fillStores(opened.stores);
      const { settings } = readSettings({});
      const shown = listEffective(settings, readSources('/nowhere/.env'));
      rig = await buildApi({ stores: opened.stores, settings: shown });
      address = await rig.server.listen({ host: '127.0.0.1', port: 0 });
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

    const region = (name: string | RegExp) => page.getByRole('region', { name });
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const dialog = () => page.getByRole('dialog');
    const listed = async () =>
      LISTED.parse(await (await fetch(`${address}/api/experiments`)).json()).experiments;

    test('a difference that was planted is said in words and drawn with its interval', async () => {
      const id = await storeExperiment(opened.stores, {
        name: 'is depth worth it',
        variants: { 'as it is': 0, deeper: 0.02, shallow: 0 },
      });
      const detail = experimentDetail.parse(
        await (await fetch(`${address}/api/experiments/${id}`)).json(),
      );
      const verdicts = detail.report.comparisons.map(({ verdict }) => verdict);
      expect(verdicts).toEqual([
        ...['better', 'better', 'no difference shown', 'no difference shown'],
      ]);
      await openPage(page, address, '/training');
      await region('Experiments').getByRole('cell', { name: '18 of 18 scored' }).waitFor();
      await button('Show is depth worth it').press('Enter');
      const shown = region('Experiment: is depth worth it');
      await shown
        .getByText(
          '“deeper” is better in skill and direction skill. Otherwise no difference was found.',
        )
        .waitFor();
      const picture = shown.getByRole('figure', {
        name: 'Differences of skill with their 95 % intervals',
      });
      const [estimate] = detail.report.comparisons.map((one) => one.estimate ?? 0);
      await picture.getByText(`than “as it is” by ${(estimate ?? 0).toFixed(4)} (+0.0`).waitFor();
      await picture.getByText('no difference found').waitFor();
      await picture.getByText(/^to “as it is”: .+ … .+, p\s[01]\.\d{3}$/).waitFor();
      // Right of the control's line, as far as its interval says.
      const zero = Number(await picture.locator('.better .zero').getAttribute('x1'));
      const [left] = await picture.locator('.better .interval').all();
      expect(Number(await left?.getAttribute('x1'))).toBeGreaterThan(zero);
      expect(await picture.locator('.better .series').count()).toBe(3);
      const series = shown.getByRole('table', { name: 'Differences by series' });
      expect(await series.getByRole('row').count()).toBe(4);
      await shown.getByRole('cell', { name: 'CATBOOST_DEPTH=8' }).waitFor();
      await lookAt(page, 'experiment');
      await button('Close the experiment').press('Enter');
      await shown.waitFor({ state: 'detached' });
    });

    test('variants that are alike are said to show no difference, which proves nothing', async () => {
      await storeExperiment(opened.stores, {
        name: 'nothing in it',
        variants: { one: 0, other: 0 },
      });
      await openPage(page, address, '/training');
      await button('Show nothing in it').click();
      await region('Experiment: nothing in it')
        .getByText(/^No difference was found\. That does not prove that there is none/)
        .waitFor();
    });

    test('an experiment is made by a form that says what is refused, and cancelled after a question', async () => {
      await openPage(page, address, '/training');
      await region('Experiments').getByText('Nothing has been compared yet.').waitFor();
      await button('Start an experiment').press('Enter');
      await dialog().getByLabel('What is asked').fill('depth');
      await dialog().getByText('12 jobs will be queued').waitFor();
      await dialog().getByLabel('Seeds').selectOption('2');
      await button('Add a variant').press('Enter');
      await dialog().getByText('12 jobs will be queued').waitFor();
      await button('Remove variant 3').press('Enter');
      const second = dialog().getByRole('group', { name: 'Variant 2' });
      await second.getByLabel('Change a setting').selectOption('CATBOOST_DEPTH');
      const choices = await second
        .getByLabel('Change a setting')
        .locator('option')
        .allTextContents();
      expect(choices.map((one) => one.trim())).not.toContain('STOP_LOSS_PCT');
      const depth = second.getByLabel('CATBOOST_DEPTH', { exact: true });
      await depth.fill('99');
      await lookAt(page, 'experiment-form');
      await dialog().getByRole('button', { name: 'Start experiment' }).click();
      await second.getByRole('alert').getByText('expected a whole number from 1 to 10').waitFor();
      expect(await depth.getAttribute('aria-invalid')).toBe('true');
      expect(await listed()).toEqual([]);
      await depth.fill('6');
      await dialog().getByRole('button', { name: 'Start experiment' }).press('Enter');
      await dialog().waitFor({ state: 'detached' });
      expect(await listed()).toMatchObject([
        {
          ...{ name: 'depth', status: 'pending', jobs: { total: 8, open: 8 } },
          variants: [
            { name: 'as it is', settings: {} },
            { name: 'changed', settings: { CATBOOST_DEPTH: '6' } },
          ],
        },
      ]);
      const shown = region('Experiment: depth');
      await shown.getByText('Nothing can be compared yet').waitFor();
      await lookAt(page, 'experiment-begun');
      await button('Jobs of the experiment depth').press('Enter');
      const jobs = region('Jobs of the experiment depth');
      await jobs
        .getByRole('cell', { name: /^BTC\/USDT 1h catboost/ })
        .first()
        .waitFor();
      await button('Cancel the experiment depth').press('Enter');
      await dialog().getByRole('button', { name: 'Cancel experiment' }).click();
      await dialog().waitFor({ state: 'detached' });
      expect(await listed()).toMatchObject([{ status: 'cancelled', jobs: { cancelled: 8 } }]);
      await shown.getByText('0 of 8 scored, 8 cancelled').waitFor();
    });

    test('a list or an experiment that cannot be read says why, and is read again when asked', async () => {
      await storeExperiment(opened.stores, { name: 'odd', variants: { one: 0, other: 0 } });
      const error = { code: 'unavailable', field: null, message: 'the database is away' };
      const refuse = { status: 503, json: { error } };
      await page.route('**/api/experiments?*', (route) => route.fulfill(refuse));
      await openPage(page, address, '/training');
      const card = region('Experiments');
      await card.getByRole('alert').getByText('the database is away').waitFor();
      await page.unroute('**/api/experiments?*');
      await card.getByRole('button', { name: 'Try again' }).click();
      await page.route('**/api/experiments/*', (route) => route.fulfill(refuse));
      await button('Show odd').click();
      const shown = region(/^Experiment$/);
      await shown.getByRole('alert').getByText('the database is away').waitFor();
      await page.unroute('**/api/experiments/*');
      await shown.getByRole('button', { name: 'Try again' }).click();
      await region('Experiment: odd').getByText('No difference was found').waitFor();
    });
  },
);
