/** The dashboard's pages: each is the same document, whose program shows what the path names. */
export const DASHBOARD_PAGES = [
  ...['/', '/market', '/models', '/training', '/trades', '/backtests', '/data', '/settings'],
  ...['/logs', '/login'],
];

/** Its files, whose names carry a hash of what is in them. */
export const DASHBOARD_FILES = '/assets/';

/** Whether a call asks for the dashboard itself, which holds no data. */
export function isDashboardPath(path: string): boolean {
  return DASHBOARD_PAGES.includes(path) || path.startsWith(DASHBOARD_FILES);
}
