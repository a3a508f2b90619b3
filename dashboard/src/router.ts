import type { Component } from 'vue';
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router';

export interface PageEntry {
  readonly path: string;
  readonly title: string;
  /** Path of an SVG of 24 × 24. */
  readonly icon: string;
  readonly load: () => Promise<{ readonly default: Component }>;
}

/** The pages in the order of the navigation. A page is one file below `pages/` and one line here. */
export const PAGES: readonly PageEntry[] = [
  {
    path: '/',
    title: 'Overview',
    icon: 'M4 13h6V4H4zm10 7h6v-9h-6zM4 20h6v-4H4zM14 4v4h6V4z',
    load: () => import('./pages/OverviewPage.vue'),
  },
  {
    path: '/market',
    title: 'Market',
    icon: 'M7 3v4m0 8v5M4.5 7h5v8h-5zM17 4v3m0 7v6M14.5 7h5v7h-5z',
    load: () => import('./pages/MarketPage.vue'),
  },
  {
    path: '/models',
    title: 'Model Manager',
    icon: 'M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9',
    load: () => import('./pages/ModelsPage.vue'),
  },
  {
    path: '/training',
    title: 'Training',
    icon: 'M4 19V5m0 14h16M8 15l4-4 3 3 5-6',
    load: () => import('./pages/TrainingPage.vue'),
  },
  {
    path: '/trades',
    title: 'Trades',
    icon: 'M4 8h14l-3-3m5 11H6l3 3',
    load: () => import('./pages/TradesPage.vue'),
  },
  {
    path: '/backtests',
    title: 'Backtests',
    icon: 'M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4M12 8v4l3 2',
    load: () => import('./pages/BacktestsPage.vue'),
  },
  {
    path: '/data',
    title: 'Data',
    icon: 'M4 6c0-4 16-4 16 0v12c0 4-16 4-16 0zm0 0c0 4 16 4 16 0M4 12c0 4 16 4 16 0',
    load: () => import('./pages/DataPage.vue'),
  },
  {
    path: '/settings',
    title: 'Settings',
    icon: 'M4 7h9m5 0h2M4 17h3m5 0h8M13 5v4h5V5zM7 15v4h5v-4z',
    load: () => import('./pages/SettingsPage.vue'),
  },
  {
    path: '/logs',
    title: 'Logs',
    icon: 'M5 4h14v16H5zM8 8h8M8 12h8M8 16h5',
    load: () => import('./pages/LogsPage.vue'),
  },
];

const routes: RouteRecordRaw[] = [
  ...PAGES.map(({ path, title, load }): RouteRecordRaw => ({
    path,
    component: load,
    meta: { title },
  })),
  { path: '/login', component: () => import('./pages/LoginPage.vue'), meta: { title: 'Log in' } },
  { path: '/:rest(.*)*', redirect: '/' },
];

export const router = createRouter({ history: createWebHistory(), routes });

router.afterEach(({ meta }) => {
  document.title = `${String(meta['title'])} · Evenkeel`;
});
