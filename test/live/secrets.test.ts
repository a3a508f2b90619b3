import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { keysFile } from '../../src/demo/account/keys.js';
import { demoFolder } from '../../src/demo/market/run-state.js';
import { compiledUrl } from '../../src/lib/workers/worker.js';
import { daemonRig, type DaemonChild } from '../daemon/daemon-child.js';

const { start, folder } = daemonRig();
const ILL_ANSWERS = fileURLToPath(compiledUrl(import.meta.url, './ill-answers-child.js'));
const KEYS = {
  EXCHANGE_API_KEY: 'canary-key-5f2b8c1d9e7a4036',
  EXCHANGE_API_SECRET: 'canary-secret-a81c3e5b7d9f0246',
} as const;
/** An hour in a second, and every signal may trade; the rules want to buy at 13:00 and after. */
const LIVE = {
  ...{ TRADING_MODE: 'live', EXCHANGE: 'demo', CONFIRM_LIVE: 'demo', LOG_LEVEL: 'debug' },
  ...{ API_PORT: '0', SYMBOLS: 'BTC/USDT,ETH/USDT', DEMO_SPEED: '3600', TRAIN_MONTHS_BACK: '1' },
  ...{ ALLOW_FALLBACK_EXECUTION: 'true', MIN_FALLBACK_CONFIDENCE: '0', MIN_EDGE_COSTS: '0' },
  ...{ DEMO_START: '2025-01-02T10:30:00Z' },
  ...{ MAX_HOLD_BARS: '2', MAX_OPEN_POSITIONS: '0', DAILY_LOSS_PCT: '0', MAX_DRAWDOWN_PCT: '0' },
  ...{ STOP_GUARD: 'off', LOSING_SYMBOL: 'off', RECONCILE_SEC: '10' },
} as const;

test('key and secret of a live daemon are nowhere to be read, whatever the exchange does, nor in its crash', async () => {
  const DATA_DIR = folder();
  openAccount(DATA_DIR);
  const daemon = start({ environment: { ...LIVE, ...KEYS, DATA_DIR }, preload: ILL_ANSWERS });
  await daemon.line(/Live trading: orders go out/);
  // Purchases and faults of each kind have happened.
  await daemon.line(/What became of an order is not known yet/, 90_000);
  const answers = await readEverything(daemon);
  process.kill(daemon.pid, 'SIGUSR2');
  expect(await daemon.ended).toMatchObject({ code: 1 });
  expect(daemon.output).toMatch(/stopped on a defect: nobody catches this/);
  // The exchange did repeat them.
  expect(daemon.output).toContain('[hidden]');
  const files = readdirSync(DATA_DIR, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    // The exchange's own, which still runs and renames what it has written.
    .filter((file) => file !== keysFile(demoFolder(DATA_DIR)) && !file.endsWith('.tmp'));
  expect(files.map((file) => path.basename(file))).toContain('evenkeel.sqlite');
  for (const file of files) expect([file, hits(readFileSync(file, 'latin1'))]).toEqual([file, []]);
  for (const [route, text] of answers) expect([route, hits(text)]).toEqual([route, []]);
  expect(hits(daemon.output)).toEqual([]);
}, 120_000);

/** The demo's account with that key. */
function openAccount(dataDir: string): void {
  const keys = { apiKey: KEYS.EXCHANGE_API_KEY, secret: KEYS.EXCHANGE_API_SECRET };
  mkdirSync(demoFolder(dataDir), { recursive: true });
  const account = { ...keys, rights: ['read', 'trade'], balances: { USDT: '10000' } };
  writeFileSync(keysFile(demoFolder(dataDir)), JSON.stringify(account));
}

/** Every call that needs no name in its path, the figures, and what the API says of itself. */
async function readEverything(daemon: DaemonChild): Promise<ReadonlyMap<string, string>> {
  const described = (await (await daemon.fetch('/docs/json')).json()) as {
    paths: Record<string, { get?: object }>;
  };
  const routes = Object.entries(described.paths)
    .filter(([route, { get }]) => get !== undefined && !route.includes('{'))
    // These do not end.
    .filter(([route]) => !route.endsWith('/stream') && !route.endsWith('/events'));
  const answers = new Map<string, string>();
  for (const [route] of [...routes, ['/metrics'] as const, ['/docs/json'] as const]) {
    answers.set(route, await (await daemon.fetch(route)).text());
  }
  for (const route of ['/api/orders', '/api/reconciliations', '/api/settings', '/api/logs']) {
    expect([...answers.keys()]).toContain(route);
  }
  return answers;
}

/** Each place with what stands around it. */
function hits(text: string): readonly string[] {
  return [...text.matchAll(/.{0,80}canary.{0,40}/g)].map(([found]) => found);
}
