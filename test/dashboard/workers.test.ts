import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildApi, fillStores, type ApiRig } from '../api/api-rig.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { aJob, aSession, aWorker, KEY } from '../storage/rows.js';
import { openBrowser, type Browser } from './browser.js';
import { lookAt, openPage, skipReason, watchPage } from './dashboard-rig.js';

/** The page of training where workers train in place of the daemon. */
describe.skipIf(skipReason !== undefined)(
  `workers in the dashboard (${skipReason ?? 'chromium'})`,
  () => {
    let browser: Browser;
    let opened: TestDatabase;
    let rig: ApiRig;
    let page: Page;
    let complaints: string[];

    beforeAll(async () => {
      browser = await openBrowser();
      opened = await openTestDatabase();
      await fillStores(opened.stores);
      rig = await buildApi({ stores: opened.stores });
      page = await browser.context.newPage();
      complaints = watchPage(page);
    });
    afterAll(async () => {
      await browser.close();
      await rig.server.close();
      await opened.database.close();
      expect(complaints).toEqual([]);
    });

    const table = (name: string) => page.getByRole('table', { name });
    const rowOf = (host: string) => table('Workers').getByRole('row', { name: host });

    test('nothing is said of workers where there are none', async () => {
      const address = await rig.server.listen({ host: '127.0.0.1', port: 0 });
      await openPage(page, address, '/training');
      await page.getByText('Models that serve').waitFor();
      expect(await table('Workers').count()).toBe(0);
    });

    test('each is shown with its state, its machine and what it can train', async () => {
      const { stores } = opened;
      const elm = aWorker({ host: 'elm', accelerator: 'RTX 4090' });
      await stores.workers.register(elm);
      await stores.workers.register(
        aWorker({ host: 'oak', status: 'refused', reason: 'its version is 0.0.1', bots: [] }),
      );
      const session = aSession({ name: 'by workers' });
      await stores.sessions.insert(session);
      await stores.jobs.insert(aJob(session.uid, { symbol: 'SOL/USDT' }));
      const claim = { venue: KEY.venue, ownerRunUid: elm.uid, at: Date.now() };
      expect(await stores.jobs.claimNext(claim)).toBeDefined();
      await page.reload();
      await rowOf('elm').waitFor();
      expect(await rowOf('elm').innerText()).toMatch(/working[\s\S]*RTX 4090[\s\S]*catboost/);
      expect(await rowOf('oak').innerText()).toMatch(/refused[\s\S]*its version is 0.0.1/);
      await page.getByRole('button', { name: 'Jobs of by workers' }).click();
      await table('Jobs').getByText('elm').waitFor();
      await lookAt(page, 'workers');
    });
  },
);
