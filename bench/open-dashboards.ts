import { browserSkipReason, openBrowser } from '../test/dashboard/browser.js';

/** Pages that people leave open, in the order in which they are opened. */
const ROUTES = ['/', '/market', '/models'] as const;

/** Runs `work` while so many dashboards of the daemon are open in a real browser, each live. */
export async function withDashboards<T>(
  count: number,
  url: string,
  work: () => Promise<T>,
): Promise<T> {
  if (count === 0) return work();
  if (browserSkipReason !== undefined) throw new Error(browserSkipReason);
  const browser = await openBrowser();
  try {
    for (let opened = 0; opened < count; opened++) {
      const page = await browser.context.newPage();
      await page.goto(url + (ROUTES[opened % ROUTES.length] ?? '/'));
      await page.getByLabel('How it trades').first().getByText('PAPER').waitFor();
    }
    return await work();
  } finally {
    await browser.close();
  }
}

/** What a reader of the figures has to know of it. */
export function dashboardNotes(count: number): readonly string[] {
  if (count === 0) return [];
  return [
    `${count} dashboards were open in a Chromium on the same machine: ${ROUTES.slice(0, count).join(' ')}`,
  ];
}
