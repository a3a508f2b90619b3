import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CDPSession, Page } from 'playwright-core';
import { SILENT_LOGGER } from '../src/lib/silent-logger.js';
import { openDatabase } from '../src/storage/database/database.js';
import { openStores } from '../src/storage/stores.js';
import { buildApi } from '../test/api/api-rig.js';
import { browserSkipReason, openBrowser } from '../test/dashboard/browser.js';
import {
  CANDLES,
  fillManyRows,
  LONG_MARKET,
  MODELS,
  openedAt,
  Panning,
  signalMany,
  watchCandles,
} from '../test/dashboard/many-rows.js';
import { fixedClock } from '../test/storage/fixed-clock.js';
import { HOUR_MS } from '../test/storage/rows.js';
import { PROJECT_DIR } from '../test/trainer/real-trainer.js';
import type { Benchmark, Figure } from './harness/benchmark.js';
import { median } from './harness/statistics.js';
import { frameFigures, framesDuring } from './page-frames.js';

const FIRST_PAGES = 5;
const SCROLLS = 200;
/** How far the wheel turns at once, in pixels. */
const SCROLL_BY = 300;
const MAX_PANS = 400;
/** What no frame may take. */
const LONGEST_MS = 100;

/** P23: the first page over the wire and in time, and frames with as many rows as there will ever be. */
export const dashboard: Benchmark = {
  name: 'dashboard',
  bar: 'P23',
  title: `the first page; frames while ${MODELS} cards scroll and ${CANDLES} candles with signals are panned`,
  async run() {
    if (browserSkipReason !== undefined) throw new Error(browserSkipReason);
    return withManyRows(async (address) => {
      const first = await measureFirstPage(address);
      const frames = await withPage(async (page) => [
        ...(await measureCards(page, address)),
        ...(await measureCandles(page, address)),
      ]);
      return {
        figures: [...first, ...frames],
        notes: [
          `a headless Chromium without a graphics card; first page: median of ${FIRST_PAGES}, each with an empty cache`,
          'wire: everything that the page loads until it is usable, headers included; usable: nothing is being read any more',
          'the server is this process, with a database in a file; the browser runs on the same machine',
          'a long task is a long frame: its processor time says what the page itself did, whatever else the machine does',
          'the frames that the rounds of this benchmark take are in the figures: they are upper bounds',
        ],
      };
    });
  },
};

async function withManyRows<T>(use: (address: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-bench-'));
  const clock = fixedClock();
  const location = { engine: 'sqlite', file: path.join(folder, 'bench.sqlite') } as const;
  const database = await openDatabase(location, { clock, logger: SILENT_LOGGER });
  try {
    const stores = openStores(database, clock);
    await fillManyRows(stores);
    await signalMany(database);
    const { server } = await buildApi({ stores, projectDir: PROJECT_DIR });
    try {
      return await use(await server.listen({ host: '127.0.0.1', port: 0 }));
    } finally {
      await server.close();
    }
  } finally {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** A page of a browser that has loaded nothing yet. */
async function withPage<T>(use: (page: Page) => Promise<T>): Promise<T> {
  const browser = await openBrowser();
  try {
    return await use(await browser.context.newPage());
  } finally {
    await browser.close();
  }
}

async function measureFirstPage(address: string): Promise<Figure[]> {
  const times: number[] = [];
  const sizes: number[] = [];
  for (let round = 0; round < FIRST_PAGES; round++) {
    await withPage(async (page) => {
      const session = await page.context().newCDPSession(page);
      await session.send('Network.enable');
      let bytes = 0;
      session.on('Network.loadingFinished', ({ encodedDataLength }) => {
        bytes += encodedDataLength;
      });
      const startedAt = performance.now();
      await openPage(page, `${address}/`);
      times.push((performance.now() - startedAt) / 1000);
      sizes.push(bytes / 1000);
    });
  }
  return [
    {
      name: 'first page over the wire',
      value: median(sizes),
      unit: 'KB',
      bar: { atMost: 300 },
    },
    { name: 'first page usable', value: median(times), unit: 's', bar: { atMost: 1 } },
  ];
}

/** Opens a page and waits until what it shows has been read. */
async function openPage(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('How it trades').first().getByText('PAPER').waitFor();
  await page.waitForFunction(`!document.body.textContent.includes('Reading …')`);
}

async function measureCards(page: Page, address: string): Promise<Figure[]> {
  await openPage(page, `${address}/models`);
  await page.getByText(`${MODELS} cards of ${MODELS}`).waitFor();
  await page.mouse.move(600, 600);
  const frames = await framesDuring(page, async () => {
    for (let turn = 0; turn < SCROLLS; turn++) await page.mouse.wheel(0, SCROLL_BY);
  });
  return frameFigures(`${MODELS} cards scrolled`, frames, LONGEST_MS);
}

async function measureCandles(page: Page, address: string): Promise<Figure[]> {
  const read = watchCandles(page);
  const older = (): number =>
    read.reduce((sum, { to, times }) => (to === null ? sum : sum + times.length), 0);
  await openPage(page, address + LONG_MARKET);
  const hand = await Panning.on(page);
  const narrowing = await framesDuring(page, () => hand.narrow());
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const before = await readThread(session);
  const newest = await openedAt(page);
  let pans = 0;
  const back = await framesDuring(page, async () => {
    for (; pans < MAX_PANS && older() < CANDLES - 1000; pans++) await hand.back();
  });
  const processorMs = 1000 * ((await readThread(session)) - before);
  if (older() < CANDLES - 1000) throw new Error(`Only ${older()} candles were read`);
  const oldest = await openedAt(page);
  const forth = await framesDuring(page, async () => {
    for (let pan = 0; pan < pans; pan++) await hand.forth();
  });
  assertWay({ newest, oldest, returned: await openedAt(page) });
  return [
    ...frameFigures('candles made narrow by the wheel', narrowing, LONGEST_MS),
    ...frameFigures(`${CANDLES} candles panned to, all read`, back, LONGEST_MS),
    {
      name: "the same, processor of the page's thread for each 1,000",
      value: (1000 * processorMs) / older(),
      unit: 'ms',
    },
    ...frameFigures('the way back to the newest', forth, LONGEST_MS),
  ];
}

/** Opening times of the candles pointed at: what was drawn was that part of the series. */
function assertWay(at: { newest: number; oldest: number; returned: number }): void {
  const [back, left] = [at.newest - at.oldest, at.newest - at.returned].map((ms) => ms / HOUR_MS);
  if (back === undefined || left === undefined || !(back > CANDLES - 5000) || !(left < 1000))
    throw new Error(
      `Panned back by ${back} candles, and ${left} of them were left on the way back`,
    );
}

/** Seconds of processor time of the thread that runs the page: they do not depend on what else the machine does. */
async function readThread(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN;
}
