#!/usr/bin/env node
// `npm run dashboard:pictures`: takes the pictures of the README from a daemon that runs, by default the demo of
// `npm start` on this machine (EVENKEEL_URL names another). Needs chromium.
import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const FOLDER = fileURLToPath(new URL('../docs/pictures/', import.meta.url));
const ADDRESS = process.env['EVENKEEL_URL'] ?? 'http://127.0.0.1:8420';
const PICTURES = [
  {
    name: 'overview',
    route: '/',
    width: 1400,
    height: 860,
    colorScheme: /** @type {const} */ ('dark'),
  },
  {
    name: 'market',
    route: '/market',
    width: 1400,
    height: 800,
    colorScheme: /** @type {const} */ ('light'),
  },
  {
    name: 'models',
    route: '/models',
    width: 1400,
    height: 800,
    colorScheme: /** @type {const} */ ('dark'),
  },
  {
    name: 'phone',
    route: '/models',
    width: 360,
    height: 740,
    colorScheme: /** @type {const} */ ('light'),
  },
];
const MAX_BYTES = 150_000;

mkdirSync(FOLDER, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
for (const { name, route, width, height, colorScheme } of PICTURES) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  await page.goto(ADDRESS + route);
  await page.getByLabel('How it trades').first().getByText('PAPER').waitFor();
  // What is drawn on a canvas has no element to wait for.
  await page.waitForTimeout(2000);
  const file = path.join(FOLDER, `${name}.png`);
  await page.screenshot({ path: file });
  const { size } = statSync(file);
  process.stdout.write(`${file}: ${size} bytes\n`);
  if (size > MAX_BYTES) {
    process.stderr.write(`${name}.png is larger than ${MAX_BYTES} bytes\n`);
    process.exitCode = 1;
  }
  await context.close();
}
await browser.close();
