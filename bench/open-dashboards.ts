import type { Page } from 'playwright-core';
import { browserSkipReason, openBrowser } from '../test/dashboard/browser.js';
import type { Figure } from './harness/benchmark.js';
import { childrenOf, usageOf } from './harness/process-tree.js';

/** Pages that people leave open, in the order in which they are opened. */
const ROUTES = ['/', '/market', '/models'] as const;

/** Dashboards of a daemon, each live, in a real browser on this machine. */
export interface OpenDashboards {
  /** The same browser with as many empty pages. */
  hide(): Promise<void>;
  show(): Promise<void>;
  /** Processor time that the browser has used. */
  processorSec(): number;
}

/** Runs `work` while so many dashboards of the daemon are open in a real browser, each live. */
export async function withDashboards<T>(
  count: number,
  url: string,
  work: (open: OpenDashboards | undefined) => Promise<T>,
): Promise<T> {
  if (count === 0) return work(undefined);
  if (browserSkipReason !== undefined) throw new Error(browserSkipReason);
  const browser = await openBrowser();
  try {
    const pages: Page[] = [];
    for (let opened = 0; opened < count; opened++) pages.push(await browser.context.newPage());
    const open = dashboardsOn(pages, url);
    await open.show();
    return await work(open);
  } finally {
    await browser.close();
  }
}

function dashboardsOn(pages: readonly Page[], url: string): OpenDashboards {
  return {
    hide: async () => {
      for (const page of pages) await page.goto('about:blank');
    },
    show: async () => {
      for (const [index, page] of pages.entries()) {
        await page.goto(url + (ROUTES[index % ROUTES.length] ?? '/'));
        await page.getByLabel('How it trades').first().getByText('PAPER').waitFor();
      }
    },
    processorSec: () =>
      childrenOf(process.pid, 'chrom').reduce((sum, pid) => sum + usageOf(pid).processorSec, 0),
  };
}

/**
 * Measures beside the dashboards, and beside empty pages as the baseline: what lies between is their doing.
 * @param figure the name, unit and bar of what is measured
 */
export async function measureBeside(
  open: OpenDashboards | undefined,
  figure: Omit<Figure, 'value'>,
  measure: () => Promise<number>,
): Promise<Figure[]> {
  if (open === undefined) return [{ ...figure, value: await measure() }];
  await open.hide();
  const without = await withShare(open, measure);
  await open.show();
  const beside = await withShare(open, measure);
  return [
    { ...figure, value: beside.value, baseline: without.value },
    {
      name: `${figure.name}: processor of the browser meanwhile`,
      ...{ value: beside.share, baseline: without.share, unit: '% of a core' },
    },
  ];
}

async function withShare(
  open: OpenDashboards,
  measure: () => Promise<number>,
): Promise<{ readonly value: number; readonly share: number }> {
  const [startedAt, usedSec] = [performance.now(), open.processorSec()];
  const value = await measure();
  const tookSec = (performance.now() - startedAt) / 1000;
  return { value, share: (100 * (open.processorSec() - usedSec)) / tookSec };
}

/** What a reader of the figures has to know of it. */
export function dashboardNotes(count: number): readonly string[] {
  if (count === 0) return [];
  return [
    `${count} dashboards were open in a Chromium on the same machine: ${ROUTES.slice(0, count).join(' ')}; ` +
      'baseline: the same browser with as many empty pages',
  ];
}
